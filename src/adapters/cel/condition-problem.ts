/** Why a text is no condition. Thrown and caught inside this folder only. */
export class ConditionProblem extends Error {
  override readonly name = "ConditionProblem";

  /**
   * @param message - Lower case, says what to write instead.
   * @param offset - UTF-16, in the text as written.
   */
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}
