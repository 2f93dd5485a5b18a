/* ESP-IDF's slot functions include it and use nothing of it; Mbed TLS is a submodule that need not be there. */
