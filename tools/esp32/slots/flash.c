/*
 * The functions below ESP-IDF's slot functions (esp_ota_ops.c), for a PC: flash, partitions, image check.
 */

#include "flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_image_format.h"
#include "esp_partition.h"

uint8_t flash[4 << 20];
long operations, cutAt = -1;
jmp_buf powerCut;
int torn, runningSlot;

static void operation(void)
{
	if ((cutAt >= 0) && (operations >= cutAt))
		longjmp(powerCut, 1);
	operations++;
}

void flashErase(uint32_t address, uint32_t length)
{
	for (; length > 0; address += SECTOR, length -= SECTOR) {
		operation();
		memset(flash + address, 0xff, SECTOR);
	}
}

void flashWrite(uint32_t address, const void *bytes, uint32_t length)
{
	const uint8_t *from = bytes;

	for (uint32_t i = 0; i < length; i++) {
		if (from[i] & ~flash[address + i]) {
			printf("written without an erase: 0x%x\n", (unsigned)(address + i));
			exit(1);
		}
	}
	if (torn && (cutAt >= 0) && (operations == cutAt))
		memcpy(flash + address, from, length / 2);
	operation();
	memcpy(flash + address, from, length);
}

int imageVersion(uint32_t address)
{
	const uint8_t *image = flash + address;
	int version = image[SECTOR - 1];

	if ((image[0] != 0xe9) || (version == 0xff))
		return -1;
	for (int i = 1; i < SECTORS; i++) {
		if (image[i * SECTOR] != version || image[(i + 1) * SECTOR - 1] != version)
			return -1;
	}
	return version;
}

/* The partitions of partitions.csv that matter here. */
static const esp_partition_t partitions[] = {
	{ .type = ESP_PARTITION_TYPE_DATA, .subtype = ESP_PARTITION_SUBTYPE_DATA_OTA, .address = OTADATA, .size = 2 * SECTOR, .erase_size = SECTOR, .label = "otadata" },
	{ .type = ESP_PARTITION_TYPE_APP, .subtype = ESP_PARTITION_SUBTYPE_APP_OTA_0, .address = 0x20000, .size = 0x1E0000, .erase_size = SECTOR, .label = "ota_0" },
	{ .type = ESP_PARTITION_TYPE_APP, .subtype = ESP_PARTITION_SUBTYPE_APP_OTA_1, .address = 0x200000, .size = 0x1E0000, .erase_size = SECTOR, .label = "ota_1" },
};
#define COUNT (int)(sizeof(partitions) / sizeof(partitions[0]))

uint32_t slotAddress(int slot)
{
	return partitions[1 + slot].address;
}

struct esp_partition_iterator_opaque_ {
	int index;
	esp_partition_type_t type;
	esp_partition_subtype_t subtype;
};

static int matches(int index, esp_partition_type_t type, esp_partition_subtype_t subtype)
{
	return ((type == ESP_PARTITION_TYPE_ANY) || (partitions[index].type == type))
		&& ((subtype == ESP_PARTITION_SUBTYPE_ANY) || (partitions[index].subtype == subtype));
}

esp_partition_iterator_t esp_partition_next(esp_partition_iterator_t it)
{
	while (++it->index < COUNT) {
		if (matches(it->index, it->type, it->subtype))
			return it;
	}
	free(it);
	return NULL;
}

esp_partition_iterator_t esp_partition_find(esp_partition_type_t type, esp_partition_subtype_t subtype, const char *label)
{
	esp_partition_iterator_t it = malloc(sizeof(*it));

	it->index = -1;
	it->type = type;
	it->subtype = subtype;
	return esp_partition_next(it);
}

const esp_partition_t *esp_partition_get(esp_partition_iterator_t it)
{
	return &partitions[it->index];
}

void esp_partition_iterator_release(esp_partition_iterator_t it)
{
	free(it);
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype, const char *label)
{
	for (int i = 0; i < COUNT; i++) {
		if (matches(i, type, subtype))
			return &partitions[i];
	}
	return NULL;
}

const esp_partition_t *esp_partition_verify(const esp_partition_t *partition)
{
	return partition;
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *into, size_t length)
{
	if (offset + length > partition->size)
		return ESP_ERR_INVALID_SIZE;
	memcpy(into, flash + partition->address + offset, length);
	return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *bytes, size_t length)
{
	if (offset + length > partition->size)
		return ESP_ERR_INVALID_SIZE;
	flashWrite(partition->address + offset, bytes, length);
	return ESP_OK;
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t length)
{
	if ((offset % SECTOR) || (length % SECTOR) || (offset + length > partition->size))
		return ESP_ERR_INVALID_ARG;
	flashErase(partition->address + offset, length);
	return ESP_OK;
}

esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t length, esp_partition_mmap_memory_t memory, const void **out, esp_partition_mmap_handle_t *handle)
{
	*out = flash + partition->address + offset;
	return ESP_OK;
}

void esp_partition_munmap(esp_partition_mmap_handle_t handle)
{
}

esp_err_t esp_image_verify(esp_image_load_mode_t mode, const esp_partition_pos_t *position, esp_image_metadata_t *data)
{
	return (imageVersion(position->offset) < 0) ? ESP_ERR_IMAGE_INVALID : ESP_OK;
}

size_t spi_flash_cache2phys(const void *cached)
{
	return slotAddress(runningSlot) + 64;
}

uint32_t esp_rom_crc32_le(uint32_t crc, const uint8_t *bytes, uint32_t length)
{
	for (crc = ~crc; length > 0; length--) {
		crc ^= *bytes++;
		for (int i = 0; i < 8; i++)
			crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320 : 0);
	}
	return ~crc;
}

bool esp_efuse_is_flash_encryption_enabled(void)
{
	return false;
}

void esp_restart(void)
{
	abort();
}
