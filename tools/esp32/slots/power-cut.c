/*
 * nh-slots.c with ESP-IDF's own esp_ota_ops.c on a PC: updates that are confirmed, that crash and that are reverted, from
 * four states of a device, with the power cut at every operation of the flash, between operations and within a write.
 *
 * After each cut an image runs, the old one or the new one; a trial survives no restart; and the device takes further
 * updates with a way back. `boot` is bootloader_utility.c of ESP-IDF 6.0.1 with rollback and without a factory image.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xsmc.h"

#include "app_update/include/esp_ota_ops.h"
#include "bootloader_common.h"
#include "esp_flash_partitions.h"
#include "flash.h"

#define CHECK(WHAT) \
	do { \
		if (!(WHAT)) { \
			printf("power-cut.c:%d: not so: %s (power cut at operation %ld%s)\n", __LINE__, #WHAT, cutAt, torn ? ", torn" : ""); \
			exit(1); \
		} \
	} while (0)

void nh_slot_activate(xsMachine *the);
void nh_slot_confirm(xsMachine *the);
void nh_slot_erase(xsMachine *the);
void nh_slot_fresh(xsMachine *the);
void nh_slot_pending(xsMachine *the);
void nh_slot_revert(xsMachine *the);
void nh_slot_reverted(xsMachine *the);
void nh_slot_unmarked(xsMachine *the);
void nh_slot_write(xsMachine *the);

/* Whether the boot loader was flashed with rollback. */
static bool rollback = true;

/* The static variable of esp_ota_get_running_partition(), which a reset clears. */
const esp_partition_t *curr_partition;

static void writeEntry(int index, const esp_ota_select_entry_t *entry)
{
	flashErase(OTADATA + index * SECTOR, SECTOR);
	flashWrite(OTADATA + index * SECTOR, entry, sizeof(*entry));
}

static bool unwritten(const esp_ota_select_entry_t *entry)
{
	return (entry->ota_seq == UINT32_MAX) || (entry->crc != bootloader_common_ota_select_crc(entry));
}

/* A reset. Returns the version that then runs. */
static int boot(void)
{
	esp_ota_select_entry_t entries[2];
	bool initial = false;
	int chosen = -1;

	curr_partition = NULL;
	for (int i = 0; i < 2; i++) {
		memcpy(&entries[i], flash + OTADATA + i * SECTOR, sizeof(entries[i]));
		if (rollback && (entries[i].ota_state == ESP_OTA_IMG_PENDING_VERIFY)) {
			entries[i].ota_state = ESP_OTA_IMG_ABORTED;
			writeEntry(i, &entries[i]);
		}
	}
	if (bootloader_common_ota_select_invalid(&entries[0]) && bootloader_common_ota_select_invalid(&entries[1])) {
		chosen = 0;
		initial = unwritten(&entries[0]) && unwritten(&entries[1]);
	}
	else {
		int active = bootloader_common_get_active_otadata(entries);

		if (active >= 0) {
			chosen = (entries[active].ota_seq - 1) % 2;
			if (rollback && (entries[active].ota_state == ESP_OTA_IMG_NEW)) {
				entries[active].ota_state = ESP_OTA_IMG_PENDING_VERIFY;
				writeEntry(active, &entries[active]);
			}
		}
	}

	const int order[] = { chosen, 0, 1 };
	for (int i = 0; i < 3; i++) {
		if ((order[i] < 0) || (imageVersion(slotAddress(order[i])) < 0))
			continue;
		runningSlot = order[i];
		if (initial) {
			memset(&entries[0], 0xff, sizeof(entries[0]));
			entries[0].ota_seq = runningSlot + 1;
			entries[0].ota_state = ESP_OTA_IMG_VALID;
			entries[0].crc = bootloader_common_ota_select_crc(&entries[0]);
			writeEntry(0, &entries[0]);
		}
		return imageVersion(slotAddress(runningSlot));
	}
	CHECK(!"an image that can start");
	return -1;
}

static int call(void (*function)(xsMachine *))
{
	xsMachine the = {0};

	function(&the);
	return the.result.integer;
}

static int erase(int offset, int length)
{
	xsMachine the = { .arguments = { { .integer = offset }, { .integer = length } } };

	nh_slot_erase(&the);
	return the.result.integer;
}

static int write(int offset, void *bytes, int length)
{
	xsMachine the = { .arguments = { { .integer = offset }, { .data = bytes, .length = length } } };

	nh_slot_write(&the);
	return the.result.integer;
}

static uint8_t sector[SECTOR];

static void fillSector(int version, int index)
{
	memset(sector, version, sizeof(sector));
	if (index == 0)
		sector[0] = 0xe9;
}

static int install(int version)
{
	for (int i = 0; i < SECTORS; i++) {
		fillSector(version, i);
		CHECK(erase(i * SECTOR, SECTOR) == ESP_OK);
		CHECK(write(i * SECTOR, sector, SECTOR) == ESP_OK);
	}
	return call(nh_slot_activate);
}

/* Makes the flash as after flashing by cable: version 1 in ota_0, otadata blank. */
static void flashNew(void)
{
	memset(flash, 0xff, sizeof(flash));
	for (int i = 0; i < SECTORS; i++) {
		fillSector(1, i);
		memcpy(flash + slotAddress(0) + i * SECTOR, sector, SECTOR);
	}
}

typedef enum { CONFIRMED, CRASHES, REVERTED, OUTCOMES } Outcome;

static void update(int version, Outcome outcome)
{
	int before = imageVersion(slotAddress(runningSlot));

	CHECK(install(version) == ESP_OK);
	CHECK(boot() == version);
	CHECK(call(nh_slot_pending));
	CHECK(!call(nh_slot_unmarked) && !call(nh_slot_fresh));
	CHECK(erase(0, SECTOR) == ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
	CHECK(write(0, sector, SECTOR) == ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
	CHECK(call(nh_slot_activate) == ESP_ERR_OTA_ROLLBACK_INVALID_STATE);
	if (outcome == CONFIRMED)
		CHECK(call(nh_slot_confirm) == ESP_OK);
	if (outcome == REVERTED)
		CHECK(call(nh_slot_revert) == ESP_OK);
	CHECK(boot() == ((outcome == CONFIRMED) ? version : before));
	CHECK(!call(nh_slot_pending));
	CHECK(!call(nh_slot_reverted) == (outcome == CONFIRMED));
}

/* A device as flashed by cable, in its very first start, updated once, and after a reverted update. */
typedef enum { NEW, FIRST_START, UPDATED, WENT_BACK, STATES } State;

static long cutEverywhere(State state, Outcome outcome)
{
	for (cutAt = 0;; cutAt++) {
		long at = cutAt;
		int old = (state < UPDATED) ? 1 : 2;
		bool through = false;

		cutAt = -1;
		flashNew();
		if (state != FIRST_START)
			CHECK(boot() == 1);
		if (state >= UPDATED)
			update(2, CONFIRMED);
		if (state == WENT_BACK)
			update(3, REVERTED);

		operations = 0;
		cutAt = at;
		if (!setjmp(powerCut)) {
			if (state == FIRST_START)
				CHECK(boot() == 1);
			update(9, outcome);
			through = true;
		}
		if (through)
			return at;

		cutAt = -1;
		int now = boot();
		CHECK((now == old) || (now == 9));
		if (call(nh_slot_pending)) {
			now = boot();
			CHECK((now == old) && !call(nh_slot_pending));
		}
		update(10, REVERTED);
		update(11, CRASHES);
		CHECK(imageVersion(slotAddress(runningSlot)) == now);
		update(12, CONFIRMED);
		update(13, REVERTED);
		cutAt = at;
	}
}

static void withoutCuts(void)
{
	flashNew();
	CHECK(boot() == 1);
	CHECK(!call(nh_slot_pending) && !call(nh_slot_reverted) && call(nh_slot_fresh));
	CHECK(boot() == 1 && call(nh_slot_fresh));

	/* A confirmation that comes after an activation must not end the trial of an image that has not run yet. */
	CHECK(install(2) == ESP_OK);
	CHECK(call(nh_slot_confirm) == ESP_ERR_INVALID_STATE);
	CHECK((boot() == 2) && call(nh_slot_pending) && (boot() == 1));

	/* An erased slot is neither activated nor taken for a reverted image. */
	CHECK(erase(0, 0x10000) == ESP_OK);
	CHECK(call(nh_slot_activate) == ESP_ERR_OTA_VALIDATE_FAILED);
	CHECK(!call(nh_slot_reverted));

	/* An activated image that is damaged before it starts: the boot loader falls back, and updates go on. */
	CHECK(install(3) == ESP_OK);
	flash[slotAddress(1 - runningSlot) + SECTOR - 1] = 0;
	CHECK((boot() == 1) && (boot() == 1));
	update(4, CONFIRMED);
}

/* With a boot loader without rollback no trial is marked, no restart ends one, and the image itself goes back. */
static void withoutRollback(void)
{
	rollback = false;
	flashNew();
	CHECK((boot() == 1) && call(nh_slot_fresh));
	CHECK(install(2) == ESP_OK);
	CHECK((boot() == 2) && call(nh_slot_pending) && call(nh_slot_unmarked) && !call(nh_slot_fresh));
	CHECK((boot() == 2) && call(nh_slot_unmarked));
	CHECK(call(nh_slot_revert) == ESP_OK);
	CHECK((boot() == 1) && !call(nh_slot_pending) && !call(nh_slot_fresh));
	CHECK(install(3) == ESP_OK);
	CHECK((boot() == 3) && (call(nh_slot_confirm) == ESP_OK));
	CHECK((boot() == 3) && !call(nh_slot_pending) && !call(nh_slot_unmarked));
	rollback = true;
}

int main(void)
{
	long cuts = 0;

	withoutCuts();
	withoutRollback();
	for (torn = 0; torn < 2; torn++) {
		for (State state = NEW; state < STATES; state++) {
			for (Outcome outcome = CONFIRMED; outcome < OUTCOMES; outcome++)
				cuts += cutEverywhere(state, outcome);
		}
	}
	printf("%ld power cuts, a way back after each\n", cuts);
	return 0;
}
