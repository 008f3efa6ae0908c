// Reads the suite's results (checks.json) and says what failed, stricter than the suite itself.
//   judge.cjs client DIR SUITE_STATUS REFUSE     the failed ids of one client run, on one line; nothing is good
//   judge.cjs server DIR WIRE LOG NAMES GROUP    PASS|FAIL SCENARIO WIRE IDS, a line for each scenario
//   judge.cjs as DIR WIRE                        the same for the two authorization server scenarios
'use strict';
const fs = require('fs'), path = require('path');
const [, , what, dir, ...args] = process.argv;
const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const folders = () => (fs.existsSync(dir) ? fs.readdirSync(dir).sort() : []);
// The wire's schema is checked as soon as one message is seen: that alone verifies nothing.
const verified = (checks) => checks.some((c) => c.status === 'SUCCESS' && !c.id.startsWith('wire-schema'));
const line = (name, wire, bad, warn) => console.log([bad.size ? 'FAIL' : 'PASS', name, wire, [...bad, ...warn].join(',')].join(' ').trim());

const judges = {
  client(status, refuse) {
    const log = fs.readFileSync(path.join(dir, 'suite.log'), 'utf8');
    const found = [];
    (function walk(d) {
      for (const e of fs.readdirSync(d, { withFileTypes: true })) {
        if (e.isDirectory()) walk(path.join(d, e.name));
        else if (e.name === 'checks.json') found.push(path.join(d, e.name));
      }
    })(path.join(dir, 'results'));
    const bad = new Set();
    if (status === '124' || status === '137') bad.add('harness-killed');
    if (found.length !== 1) bad.add(/SKIPPED: scenario/.test(log) ? 'harness-skipped' : 'harness-no-results');
    const checks = found.length ? read(found[0]) : [];
    for (const c of checks) {
      if (c.status === 'FAILURE') bad.add(c.id);
      if (c.status === 'WARNING') bad.add('warning:' + c.id);
    }
    if (found.length && !verified(checks)) bad.add('no-checks');
    const exit = (log.match(/^Client exited with code (-?\d+)/m) || [])[1];
    if (exit === '124' || exit === '137' || /CLIENT TIMED OUT|Client timed out/.test(log)) bad.add('client-timeout');
    else if (/CLIENT EXITED WITH ERROR/.test(log)) bad.add('client-exit-' + exit);
    if (refuse && !exit && !bad.size) bad.add('x-exit-zero');
    if (status !== '0' && !bad.size) bad.add('harness-exit-' + status);
    console.log([...bad].join(','));
  },
  server(wire, log, names, group) {
    const order = [...fs.readFileSync(log, 'utf8').matchAll(/^=== Running scenario: (\S+) ===/gm)].map((m) => m[1]);
    const want = names.trim() ? new Set(names.trim().split(/\s+/)) : null;
    for (const name of order) {
      if (want && !want.has(name)) continue;
      const re = new RegExp('^server-' + name.replace(/[^\w-]/g, '.') + '-\\d{4}-\\d\\d-\\d\\dT');
      const at = folders().find((x) => re.test(x)), file = at && path.join(dir, at, 'checks.json');
      const bad = new Set(), warn = new Set();
      if (!file || !fs.existsSync(file)) bad.add('harness-no-results');
      else {
        const checks = read(file);
        for (const c of checks) {
          // Only the suite's own fixture tools could exercise these.
          if (name === 'server-stateless' && group !== 'all' && c.details && c.details.untestable) warn.add('untestable:' + c.id);
          else if (c.status === 'FAILURE') bad.add(c.id);
          else if (c.status === 'WARNING') warn.add('warning:' + c.id);
        }
        // A server without sessions is not applicable there, and reported as such by the suite.
        const skipped = checks.some((c) => c.id === 'server-session-lifecycle-skipped');
        if (!skipped && !bad.size && !verified(checks)) bad.add('no-checks');
      }
      line(name, wire, bad, warn);
    }
  },
  as(wire) {
    for (const name of ['authorization-server-metadata-endpoint', 'authorization-code-grant']) {
      const at = folders().find((x) => x.startsWith('authorization-server-' + name + '-2')), file = at && path.join(dir, at, 'checks.json');
      const bad = new Set(), warn = new Set();
      if (!file || !fs.existsSync(file)) bad.add('harness-no-results');
      else for (const c of read(file)) {
        if (c.status === 'FAILURE') bad.add(`${c.id} (${c.errorMessage ?? ''})`);
        if (c.status === 'WARNING') warn.add('warning:' + c.id);
        if (c.status === 'SKIPPED') bad.add('no-checks');
      }
      line(name, wire, bad, warn);
    }
  },
};
judges[what](...args);
