/*
 * Random bytes of an ESP32, straight from the hardware generator into the caller's buffer.
 *
 * The rule it guards: ESP-IDF promises true randomness only while Wi-Fi or Bluetooth is on. The host switches Wi-Fi on
 * before it opens the first connection, and no key or nonce is made before that.
 */

#include "xsmc.h"
#include "xsHost.h"

#include "esp_random.h"

/* nh_random_fill(into): fills the whole view. */
void nh_random_fill(xsMachine *the)
{
	xsUnsignedValue length;
	void *data;

	xsmcGetBufferWritable(xsArg(0), &data, &length);
	esp_fill_random(data, length);
}
