/** Does `work` again and again until it succeeds; `onFirstFailure` is told why it does not. */
export async function tryUntilDone(
  work: () => Promise<unknown>,
  deps: { readonly retryMs: number; readonly onFirstFailure: (error: unknown) => void },
): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isTold) deps.onFirstFailure(error);
      await new Promise((resolve) => setTimeout(resolve, deps.retryMs).unref());
    }
  }
}
