// What the demos share: numbered steps, and checks that stop the story when it does not show what it says.
const WAIT_MS_MAX = 60_000;

export function storyteller() {
  let step = 0;
  const show = (text) => process.stdout.write(`  ✔ ${text}\n`);
  return {
    say: (text) => process.stdout.write(`\n\n━━ ${++step}. ${text}\n`),
    check(holds, what) {
      if (!holds) throw new Error(`This step does not show what it says: ${what}`);
      show(what);
    },
    /** Waits for `holds`, asked again and again: what is awaited happens on its own, and soon. */
    async until(holds, what) {
      const deadline = Date.now() + WAIT_MS_MAX;
      while (!(await holds())) {
        if (Date.now() > deadline) throw new Error(`Waited ${WAIT_MS_MAX / 1000} s in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      show(what);
    },
  };
}
