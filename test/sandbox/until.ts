/** Waits until something holds; gives up loudly, because a test that waits for ever says nothing. */
export async function until(holds: () => unknown): Promise<void> {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain for ${holds}`);
}
