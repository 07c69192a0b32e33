#!/usr/bin/env node
// Puts Debian's Chromium on this machine where it is missing and may be installed; the test of Swagger UI drives it.
import { spawnSync } from 'node:child_process';
import { installedChromium } from './chromium.mjs';

if (installedChromium() === null) {
  const isRoot = process.getuid?.() === 0;
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  if (isRoot && apt('--version').status === 0) {
    process.stdout.write('installing Chromium for the test of Swagger UI\n');
    apt('update');
    apt('install', '--yes', '--no-install-recommends', 'chromium');
  }
  if (installedChromium() === null) {
    process.stdout.write(
      'no Chromium here, and it cannot be installed (apt-get as root): the test of Swagger UI is skipped\n',
    );
  }
}
