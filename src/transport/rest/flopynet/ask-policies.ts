import type { ValueMap } from "../../../core/values.js";
import { rpcStatusOf } from "../../convert-error.js";
import type { RestUseCases } from "../rest-use-cases.js";

/** An answer of the policies of a type; a denial where none could be given. */
export interface Told {
  readonly allowed: boolean;
  readonly reason: string;
  readonly policy_version: number;
  readonly parameters: ValueMap;
}

/**
 * Asks the policies of a type. What cannot be decided is denied: who asks here reads anything else as
 * permission.
 */
export async function askPolicies(
  policyType: string,
  context: ValueMap,
  useCases: RestUseCases,
): Promise<Told> {
  try {
    const { decision, decisionId } = await useCases.decisionPoint.checkPolicy({
      ...{ requestId: "", policyType, context, explain: false },
    });
    const { allowed, reason, policyVersion, parameters = {} } = decision;
    const facts = { decision_id: decisionId, policy_version: policyVersion };
    return { allowed, reason, ...facts, parameters };
  } catch (error) {
    const { message } = rpcStatusOf(error, useCases.log);
    const { policyVersion } = useCases.status();
    return { allowed: false, reason: message, policy_version: policyVersion, parameters: {} };
  }
}
