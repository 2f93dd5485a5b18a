/*
 * What ESP-IDF's slot functions refer to and nothing here may reach. Declared without prototypes, for they are not called.
 */

#include <stdlib.h>

void *esp_flash_default_chip;

void esp_flash_set_dangerous_write_protection(void) { abort(); }
void esp_image_bootloader_offset_set(void) { abort(); }
void esp_partition_copy(void) { abort(); }
void esp_partition_table_verify(void) { abort(); }
