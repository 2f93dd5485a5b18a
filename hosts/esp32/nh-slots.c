/*
 * The two application slots of an ESP32: the calls that need a partition pointer, which FFI cannot pass.
 *
 * No decision that a test could judge is made here. Each function that works on flash returns an esp_err_t (0 is good),
 * which slots.ts turns into a Fault; none throws for an error of the flash.
 *
 * The rule it guards: the way back is never destroyed. While the running image is on trial the other slot is the way
 * back, so nothing may be erased or written there. Before the first byte of a slot is erased, its otadata entry is erased,
 * so that no rollback can choose a half-written image. esp_ota_begin() of ESP-IDF 6.0 does both, but always starts at
 * zero: a download that resumes after a restart must not.
 */

#include "xsmc.h"
#include "xsHost.h"

#include "esp_partition.h"
#include "app_update/include/esp_ota_ops.h"
#include "bootloader_common.h"
#include "esp_flash_partitions.h"

/* The slot that does not run; NULL where the partition table has no second slot. */
static const esp_partition_t *inactiveSlot(void)
{
	const esp_partition_t *next = esp_ota_get_next_update_partition(NULL);

	return (next == esp_ota_get_running_partition()) ? NULL : next;
}

/* The inactive slot when the first argument is true, else the running slot. */
static const esp_partition_t *namedSlot(xsMachine *the)
{
	return xsmcTest(xsArg(0)) ? inactiveSlot() : esp_ota_get_running_partition();
}

/*
 * Whether the running image is on trial. NEW counts as well: the image was activated with rollback, but a boot loader
 * without rollback did not mark the trial. The agent then still confirms the image, or reverts it by itself.
 */
static int onTrial(void)
{
	esp_ota_img_states_t state;

	if (ESP_OK != esp_ota_get_state_partition(esp_ota_get_running_partition(), &state))
		return 0;
	return (ESP_OTA_IMG_PENDING_VERIFY == state) || (ESP_OTA_IMG_NEW == state);
}

/* ESP_OK when the inactive slot may be changed: it exists, and is not the way back of a trial. */
static esp_err_t changeable(const esp_partition_t *inactive)
{
	if (!inactive)
		return ESP_ERR_NOT_FOUND;
	return onTrial() ? ESP_ERR_OTA_ROLLBACK_INVALID_STATE : ESP_OK;
}

/*
 * Makes otadata name the running slot, as confirmed, unless it does. A power cut during the very first start leaves no
 * entry, and a boot loader that fell back leaves the entry of the other slot. After a failed trial there would then be
 * nothing to revert to.
 */
static esp_err_t anchorRunning(void)
{
	const esp_partition_t *running = esp_ota_get_running_partition();
	esp_ota_img_states_t state;
	esp_err_t err = esp_ota_get_state_partition(running, &state);

	if (ESP_ERR_NOT_SUPPORTED == err)
		return ESP_OK;	/* a factory partition, to which ESP-IDF goes back anyway */
	if ((ESP_OK == err) && ((ESP_OTA_IMG_VALID == state) || (ESP_OTA_IMG_UNDEFINED == state)) && (esp_ota_get_boot_partition() == running))
		return ESP_OK;
	err = esp_ota_set_boot_partition(running);
	return (ESP_OK == err) ? esp_ota_mark_app_valid_cancel_rollback() : err;
}

/*
 * Whether the boot loader has left the running trial unmarked. A boot loader with rollback turns NEW into PENDING_VERIFY
 * before it starts an image.
 */
static int unmarked(void)
{
	esp_ota_img_states_t state;

	return (ESP_OK == esp_ota_get_state_partition(esp_ota_get_running_partition(), &state)) && (ESP_OTA_IMG_NEW == state);
}

/* nh_slot_label(inactive): the partition's label, or undefined when there is no such slot. */
void nh_slot_label(xsMachine *the)
{
	const esp_partition_t *partition = namedSlot(the);

	if (partition)
		xsmcSetString(xsResult, (char *)partition->label);
}

/* nh_slot_size(inactive): bytes; 0 when there is no such slot. */
void nh_slot_size(xsMachine *the)
{
	const esp_partition_t *partition = namedSlot(the);

	xsmcSetInteger(xsResult, partition ? (int)partition->size : 0);
}

/* nh_slot_read(inactive, offset, into) */
void nh_slot_read(xsMachine *the)
{
	const esp_partition_t *partition = namedSlot(the);
	size_t offset = (size_t)xsmcToInteger(xsArg(1));
	xsUnsignedValue length;
	void *data;

	xsmcGetBufferWritable(xsArg(2), &data, &length);
	xsmcSetInteger(xsResult, partition ? esp_partition_read(partition, offset, data, length) : ESP_ERR_NOT_FOUND);
}

/* nh_slot_erase(offset, length): erases in the inactive slot, by blocks of 64 KB where offset and length allow it. */
void nh_slot_erase(xsMachine *the)
{
	const esp_partition_t *inactive = inactiveSlot();
	size_t offset = (size_t)xsmcToInteger(xsArg(0));
	size_t length = (size_t)xsmcToInteger(xsArg(1));
	esp_err_t err = changeable(inactive);

	if (ESP_OK == err) {
		/* Fails without touching flash when the entry is blank already: nothing to report. */
		esp_ota_invalidate_inactive_ota_data_slot();
		err = esp_partition_erase_range(inactive, offset, length);
	}
	xsmcSetInteger(xsResult, err);
}

/* nh_slot_write(offset, bytes): writes to the inactive slot. */
void nh_slot_write(xsMachine *the)
{
	const esp_partition_t *inactive = inactiveSlot();
	size_t offset = (size_t)xsmcToInteger(xsArg(0));
	xsUnsignedValue length;
	void *data;
	esp_err_t err = changeable(inactive);

	xsmcGetBufferReadable(xsArg(1), &data, &length);
	if (ESP_OK == err)
		err = esp_partition_write(inactive, offset, data, length);
	xsmcSetInteger(xsResult, err);
}

/*
 * nh_slot_anchor(): makes otadata name the running slot, before code other than nh_slot_activate activates. Refused during
 * a trial, which it would end.
 */
void nh_slot_anchor(xsMachine *the)
{
	esp_err_t err = changeable(inactiveSlot());

	xsmcSetInteger(xsResult, (ESP_OK == err) ? anchorRunning() : err);
}

/* nh_slot_activate(): ESP-IDF first checks the whole image (checksum, SHA-256, chip, signature where secure boot is on). */
void nh_slot_activate(xsMachine *the)
{
	const esp_partition_t *inactive = inactiveSlot();
	esp_err_t err = changeable(inactive);

	if (ESP_OK == err)
		err = anchorRunning();
	if (ESP_OK == err)
		err = esp_ota_set_boot_partition(inactive);
	xsmcSetInteger(xsResult, err);
}

/* nh_slot_pending(): whether the running image is on trial, see onTrial. */
void nh_slot_pending(xsMachine *the)
{
	xsmcSetBoolean(xsResult, onTrial());
}

/* nh_slot_unmarked(): whether the trial is unmarked; undefined when the running image is not on trial. */
void nh_slot_unmarked(xsMachine *the)
{
	if (onTrial())
		xsmcSetBoolean(xsResult, unmarked());
}

/*
 * nh_slot_fresh(): whether no image was activated since the device was flashed by cable, which leaves otadata blank. Without
 * a factory partition the boot loader then writes an entry with sequence 1; every activation writes a higher one.
 */
void nh_slot_fresh(xsMachine *the)
{
	const esp_partition_t *otadata = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_OTA, NULL);
	const esp_partition_t *factory = esp_partition_find_first(ESP_PARTITION_TYPE_APP, ESP_PARTITION_SUBTYPE_APP_FACTORY, NULL);
	uint32_t first = factory ? 0 : 1;
	int fresh = 1;

	for (int i = 0; otadata && (i < 2); i++) {
		esp_ota_select_entry_t entry;

		if (ESP_OK != esp_partition_read(otadata, i * otadata->erase_size, &entry, sizeof(entry)))
			continue;
		if ((UINT32_MAX != entry.ota_seq) && (entry.crc == bootloader_common_ota_select_crc(&entry)) && (entry.ota_seq > first))
			fresh = 0;
	}
	xsmcSetBoolean(xsResult, fresh);
}

/*
 * nh_slot_reverted(): whether the inactive slot holds an image that was reverted or aborted. ESP-IDF verifies that image (a
 * second or so for 1.5 MB), but only when an entry says invalid or aborted; an image that was overwritten since is not
 * reported.
 */
void nh_slot_reverted(xsMachine *the)
{
	const esp_partition_t *invalid = esp_ota_get_last_invalid_partition();

	xsmcSetBoolean(xsResult, invalid && (invalid == inactiveSlot()));
}

/*
 * nh_slot_confirm(), nh_slot_revert(): ESP-IDF marks the image that starts next, not the one that runs. They differ after an
 * activation, and a confirmation would end the trial of the new image before it ever ran: hence the first check.
 */
void nh_slot_confirm(xsMachine *the)
{
	if (esp_ota_get_boot_partition() != esp_ota_get_running_partition())
		xsmcSetInteger(xsResult, ESP_ERR_INVALID_STATE);
	else
		xsmcSetInteger(xsResult, esp_ota_mark_app_valid_cancel_rollback());
}

/* Does not restart (ESP-IDF 6.0 and later). Refused when the other slot holds no valid image to go back to. */
void nh_slot_revert(xsMachine *the)
{
	if (esp_ota_get_boot_partition() != esp_ota_get_running_partition())
		xsmcSetInteger(xsResult, ESP_OK);
	else
		xsmcSetInteger(xsResult, esp_ota_mark_app_invalid_rollback());
}
