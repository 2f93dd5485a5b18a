import { run } from "test/xs/harness";
import { runCases, runHeap, runSoak } from "test/xs/tls/suite";

const environment = native("test_environment");
const exit = native("test_exit");

if (environment("TLS_HEAP")) runHeap();
else if (environment("TLS_TIMES")) runSoak();
else
  runCases((failures) => {
    if (failures > 0) exit(1);
    else run(["test/xs/tls/hardened"]);
  });
