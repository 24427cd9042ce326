/** The plain form. */
export interface IdentitiesData {
  readonly standsFor: ReadonlyMap<number, number>;
  readonly fingerprints: ReadonlyMap<string, number>;
  readonly owners: ReadonlyMap<string, readonly number[]>;
}

/**
 * Which client ids are one client. A score belongs to a key once it is registered: a second id with the
 * same key stands for the same client.
 */
export class Identities {
  /** Ids that are only another name; most are not here. */
  private readonly standsFor: Map<number, number>;
  /** By client: its other names, where it has some. */
  private readonly otherNames = new Map<number, number[]>();
  private readonly fingerprints: Map<string, number>;
  /** In the order of their registration. */
  private readonly owners: Map<string, number[]>;

  constructor(data?: IdentitiesData) {
    this.standsFor = new Map(data?.standsFor);
    for (const id of this.standsFor.keys()) this.addName(this.clientOf(id), id);
    this.fingerprints = new Map(data?.fingerprints);
    this.owners = new Map([...(data?.owners ?? [])].map(([owner, ids]) => [owner, [...ids]]));
  }

  copy(): Identities {
    return new Identities(this.toData());
  }

  toData(): IdentitiesData {
    const { standsFor, fingerprints, owners } = this;
    return { standsFor, fingerprints, owners };
  }

  /** Whether some id is only another name. */
  get hasAliases(): boolean {
    return this.standsFor.size > 0;
  }

  /** The client that an id is a name of. */
  clientOf(id: number): number {
    if (this.standsFor.size === 0) return id;
    let client = id;
    for (let next = this.standsFor.get(client); next !== undefined;) {
      client = next;
      next = this.standsFor.get(client);
    }
    return client;
  }

  /** Whose key this is; undefined: a key never seen. */
  clientWithKey(fingerprint: string): number | undefined {
    const found = this.fingerprints.get(fingerprint);
    return found === undefined ? undefined : this.clientOf(found);
  }

  bindKey(fingerprint: string, client: number): void {
    this.fingerprints.set(fingerprint, client);
  }

  /** From now on whoever is `client` is `other`. */
  join(client: number, other: number): void {
    for (const id of this.namesOf(client)) this.addName(other, id);
    this.otherNames.delete(client);
    this.standsFor.set(client, other);
  }

  /** All ids of a client, the one that it goes by first. */
  namesOf(client: number): readonly number[] {
    return [client, ...(this.otherNames.get(client) ?? [])];
  }

  private addName(client: number, id: number): void {
    const names = this.otherNames.get(client);
    if (names) names.push(id);
    else this.otherNames.set(client, [id]);
  }

  /** Clients of an owner other than `client`, each once. */
  othersOf(owner: string, client: number): number[] {
    const ids = this.owners.get(owner) ?? [];
    const clients = new Set(ids.map((id) => this.clientOf(id)));
    clients.delete(client);
    return [...clients];
  }

  isOwnedBy(owner: string, client: number): boolean {
    return this.owners.get(owner)?.some((id) => this.clientOf(id) === client) ?? false;
  }

  addToOwner(owner: string, client: number): void {
    const clients = this.owners.get(owner);
    if (!clients) this.owners.set(owner, [client]);
    else if (!clients.includes(client)) clients.push(client);
  }
}
