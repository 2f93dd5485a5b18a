import { run } from "nerveshub/test/xs/harness";
import { runCases, runHeap, runSoak } from "nerveshub/test/xs/tls/suite";

const environment = native("test_environment");
const exit = native("test_exit");

if (environment("TLS_HEAP")) runHeap();
else if (environment("TLS_TIMES")) runSoak();
else
  runCases((failures) => {
    if (failures > 0) exit(1);
    else run(["hardened", "client-hello", "curves", "limbo"].map((name) => `nerveshub/test/xs/tls/${name}`));
  });
