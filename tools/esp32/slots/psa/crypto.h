/* Empty: ESP-IDF's slot functions include it and use nothing of it, and the submodule Mbed TLS need not be there. */
