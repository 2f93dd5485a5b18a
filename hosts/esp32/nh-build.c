/*
 * The ESP-IDF options of this image that decide what happens after a bad update.
 *
 * The boot loader's options are those that the application was built for. The boot loader in flash may have others, and
 * cannot be asked.
 */

#include "xsmc.h"
#include "xsHost.h"

#include "sdkconfig.h"

/* nh_build_rollback(): an image that is activated starts on trial. */
void nh_build_rollback(xsMachine *the)
{
#if CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE
	xsmcSetBoolean(xsResult, 1);
#else
	xsmcSetBoolean(xsResult, 0);
#endif
}

/* nh_build_watchdog(): a main task that hangs restarts the device. The SDK's start registers it when the option is on. */
void nh_build_watchdog(xsMachine *the)
{
#if CONFIG_ESP_TASK_WDT_EN && CONFIG_ESP_TASK_WDT_INIT && CONFIG_ESP_TASK_WDT_PANIC
	xsmcSetBoolean(xsResult, 1);
#else
	xsmcSetBoolean(xsResult, 0);
#endif
}
