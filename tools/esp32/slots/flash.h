/*
 * A NOR flash with a partition table, and power that can go away at any of its operations.
 */

#include <setjmp.h>
#include <stdint.h>

#define SECTOR 4096
#define OTADATA 0x9000

extern uint8_t flash[4 << 20];

/* Operations so far, and the operation at which the power is cut, by a longjmp to `powerCut` (never when negative). */
extern long operations, cutAt;
extern jmp_buf powerCut;
/* Whether a write that is cut leaves its first half behind. */
extern int torn;

void flashErase(uint32_t address, uint32_t length);
void flashWrite(uint32_t address, const void *bytes, uint32_t length);

/* Address of slot 0 or 1. */
uint32_t slotAddress(int slot);

/* Sectors of an image, which is 0xE9 and then its version in every other byte that counts. */
#define SECTORS 3
/* The version of the image at `address`, or -1 when the boot loader would not start it. */
int imageVersion(uint32_t address);

/* The running slot, which on a device ESP-IDF finds by the address of its own code. */
extern int runningSlot;
