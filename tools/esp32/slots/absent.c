/*
 * Functions that ESP-IDF's slot functions refer to and that must never be called here. So they have no prototypes.
 */

#include <stdlib.h>

void *esp_flash_default_chip;

void esp_flash_set_dangerous_write_protection(void) { abort(); }
void esp_image_bootloader_offset_set(void) { abort(); }
void esp_partition_copy(void) { abort(); }
void esp_partition_table_verify(void) { abort(); }
