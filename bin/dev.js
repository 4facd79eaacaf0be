#!/usr/bin/env -S node --import tsx
// The CLI from src, without a build: for work on kbroker itself.
import { execute } from "@oclif/core";

await execute({ development: true, dir: import.meta.url });
