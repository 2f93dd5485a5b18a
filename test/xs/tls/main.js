import { runCases } from "test/xs/tls/client";

runCases();
