/* Empty: nh-slots.c includes it and needs nothing of it; see xsmc.h. */
