/*
 * Device: facts about the hardware, and the one thing that ends a run.
 */

/** Numbers in bytes unless the name says otherwise; absent where the platform cannot tell. */
export interface DeviceFacts {
  heapFree?: number;
  heapLowWater?: number;
  heapLargestBlock?: number;
  heapTotal?: number;
  /** XS machine: bytes in use for chunks and slots. */
  xsChunks?: number;
  xsSlots?: number;
  /** XS machine: most stack slots used so far. */
  xsStackPeak?: number;
  /** dBm */
  wifiRssi?: number;
  /** °C */
  cpuTemperature?: number;
}

export interface Device {
  /** Default device identifier, for example "esp32-a4cf12b9d07c". */
  readonly identifier: string;
  /** ESP-IDF chip id (esp_chip_id_t) of the image format this device runs; 0 is the plain ESP32. */
  readonly chipId: number;
  /** Why the last restart happened, in the words NervesHub's agents use: "power_on", "software", "panic", … */
  readonly resetReason: string;
  /** The interface the link runs over, as NervesHub wants it named: "wlan0", "eth0". */
  readonly networkInterface: string;
  /** False where nothing restarts a device that hangs. Absent: as true. */
  readonly watchdog?: boolean;
  facts(): DeviceFacts;
  /** Restarts the device. What the boot loader then starts is for Slots to say. Does not return on hardware. */
  restart(): void;
}
