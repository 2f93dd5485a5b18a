/*
 * Symbols that ESP-IDF's slot functions refer to and that must never be used here. The functions have no prototypes, since
 * they are not called.
 */

#include <stdlib.h>

void *esp_flash_default_chip;

void esp_flash_set_dangerous_write_protection(void) { abort(); }
void esp_image_bootloader_offset_set(void) { abort(); }
void esp_partition_copy(void) { abort(); }
void esp_partition_table_verify(void) { abort(); }
