/*
 * In the place of ESP-IDF: the esp_err_t of a confirmation is the number of those before, so that the second one fails.
 */

#include <stdint.h>

int32_t esp_ota_mark_app_valid_cancel_rollback(void);

int32_t esp_ota_mark_app_valid_cancel_rollback(void)
{
	static int32_t before;

	return before++;
}
