/*
 * Rule: imports, those of types included, form no circle: no file of a circle can be read or moved without the others.
 * Suites and examples are left out; no file imports them.
 */

const looked = /^(src|features|modules|hosts|tools|bench)\/|^[^/]*$/;

/** Tarjan's strongly connected components: sets of files of which each reaches each. */
function components(edges) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const { to } of edges.get(file) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file), low.get(to)));
    }
    if (low.get(file) === index.get(file)) found.push(stack.splice(stack.indexOf(file)));
  };
  for (const file of edges.keys()) if (!index.has(file)) visit(file);
  return found;
}

const circles = (imports) => {
  const edges = new Map();
  for (const one of imports) edges.set(one.from, [...(edges.get(one.from) ?? []), one]);
  return components(edges).flatMap((files) =>
    files
      .flatMap((file) => (edges.get(file) ?? []).filter(({ to }) => files.includes(to)))
      .filter(({ from, to }) => files.length > 1 || from === to),
  );
};

export function circlesOfImports({ imports, exceptions }) {
  const within = imports.filter(({ from }) => looked.test(from));
  const closing = circles(within).filter(({ from, to }) =>
    exceptions.allow("circles", (entry) => entry === `${from} ${to}`),
  );
  return circles(within.filter((one) => !closing.includes(one))).map(({ from, to, line }) => ({
    path: from,
    line,
    text: `a circle of imports: ${to} leads back here; what both need belongs in one of them, or in a third file below both`,
  }));
}
