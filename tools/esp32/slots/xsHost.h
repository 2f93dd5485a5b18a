/* Nothing of it is needed; see xsmc.h. */
