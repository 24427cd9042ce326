import { PdpError } from "./errors.js";

/** What an RPC does to the engine: a change needs a caller on this machine while nobody can authenticate. */
export type Access = "read" | "change";

/** THE table: RPC -> what it does. An RPC without a row is treated as a change. */
export const ACCESS: ReadonlyMap<string, Access> = new Map([
  ["PolicyDecisionService.CheckConnection", "read"],
  ["PolicyDecisionService.BatchCheckConnections", "read"],
  ["PolicyDecisionService.StreamCheckConnections", "read"],
  ["PolicyDecisionService.CheckPolicy", "read"],
  ["PolicyDecisionService.BatchCheckPolicies", "read"],
  ["EventService.StreamEvents", "read"],
  ["EventService.ListEvents", "read"],
  ["EventService.PublishEvent", "change"],
  ["MonitoringService.ListDecisions", "read"],
  ["MonitoringService.GetDecision", "read"],
  ["MonitoringService.GetDecisionStatistics", "read"],
  ["MonitoringService.GetStatus", "read"],
  ["TrustService.EvaluateTrust", "read"],
  ["TrustService.ListTrustScores", "read"],
  ["TrustService.ListTrustHistory", "read"],
  ["TrustService.ListTrustDataSources", "read"],
  ["TrustService.ReportObservations", "change"],
  ["TrustService.PardonClient", "change"],
  ["TrustService.RecalculateTrust", "change"],
  ["PolicyAdminService.ListPolicies", "read"],
  ["PolicyAdminService.GetPolicy", "read"],
  ["PolicyAdminService.ValidatePolicies", "read"],
  ["PolicyAdminService.ListPolicyVersions", "read"],
  ["PolicyAdminService.GetPolicyVersion", "read"],
  ["PolicyAdminService.DiffPolicyVersions", "read"],
  ["PolicyAdminService.AnalyzePolicyImpact", "read"],
  ["PolicyAdminService.CreatePolicy", "change"],
  ["PolicyAdminService.UpdatePolicy", "change"],
  ["PolicyAdminService.DeletePolicy", "change"],
  ["PolicyAdminService.EnablePolicy", "change"],
  ["PolicyAdminService.DisablePolicy", "change"],
  ["PolicyAdminService.RollbackPolicies", "change"],
  ["PolicyAdminService.ReloadPolicies", "change"],
]);

/** Who may call what. */
export interface AccessControl {
  /**
   * @param rpc - Service and method: `PolicyAdminService.ReloadPolicies`.
   * @throws {PdpError} UNAUTHENTICATED, naming the setting that would allow it.
   */
  check(rpc: string, caller: { readonly peerIsLoopback: boolean }): void;
}

/** @param deps.insecure - Callers on other machines may change things too (`INSECURE=1`). */
export function createAccessControl({ insecure }: { readonly insecure: boolean }): AccessControl {
  return {
    check(rpc, caller) {
      if (insecure || ACCESS.get(rpc) === "read" || caller.peerIsLoopback) return;
      throw new PdpError({
        reason: "UNAUTHENTICATED",
        mend: `${rpc} is refused from another machine: call it from the engine's own, or start the engine with INSECURE=1`,
      });
    },
  };
}
