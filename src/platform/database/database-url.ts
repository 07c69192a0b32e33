/** Where the database is: as configured, or where the embedded one listens. */
export class DatabaseUrl {
  constructor(readonly url: string) {}
}
