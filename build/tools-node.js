const { devEngines, engines } = require('../package.json');

// This repository's tools need a newer Node than the bundle they build. Loaded before any of them (webpack.config.js,
// `tsx -r` in package.json), as an older Node would fail somewhere inside, with a stack. Any Node can run this file.

const wanted = lowest(devEngines.runtime.version);

if (Number.parseInt(process.versions.node, 10) < Number.parseInt(wanted, 10)) {
  console.error(
    `This needs Node ${wanted} or later, and is run with ${process.version}; the bundle it makes runs on ${lowest(engines.node)} or later.`,
  );
  process.exit(1);
}

function lowest(range) {
  return range.replace('>=', '');
}
