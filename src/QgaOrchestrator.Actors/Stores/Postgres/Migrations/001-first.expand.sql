-- As Akka.Persistence.Sql expects them. The journal refuses a second event of one number.
CREATE TABLE journal (
  ordering bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created bigint NOT NULL,
  deleted boolean NOT NULL,
  persistence_id text COLLATE "C" NOT NULL,
  sequence_number bigint NOT NULL,
  message bytea NOT NULL,
  manifest text COLLATE "C",
  identifier integer,
  writer_uuid text COLLATE "C",
  UNIQUE (persistence_id, sequence_number)
);
CREATE TABLE tags (
  ordering_id bigint NOT NULL,
  tag text COLLATE "C" NOT NULL,
  sequence_nr bigint NOT NULL,
  persistence_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (ordering_id, tag)
);
CREATE TABLE snapshot (
  persistence_id text COLLATE "C" NOT NULL,
  sequence_number bigint NOT NULL,
  created bigint NOT NULL,
  snapshot bytea,
  manifest text COLLATE "C",
  serializer_id integer,
  PRIMARY KEY (persistence_id, sequence_number)
);

-- The views: which version of qgad has built them, and their rows.
CREATE TABLE views_built (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version integer NOT NULL);
CREATE TABLE runs (id text COLLATE "C" PRIMARY KEY, created_at bigint NOT NULL, json text NOT NULL);
CREATE INDEX runs_by_time ON runs (created_at, id);
CREATE TABLE items (run text COLLATE "C" NOT NULL, place integer NOT NULL, json text NOT NULL, PRIMARY KEY (run, place));
CREATE TABLE points (
  id text COLLATE "C" PRIMARY KEY,
  host text COLLATE "C" NOT NULL,
  vm text COLLATE "C" NOT NULL,
  uuid text COLLATE "C",
  run text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  directory text NOT NULL,
  json text NOT NULL
);
CREATE INDEX points_by_time ON points (at, id);
CREATE INDEX points_by_vm ON points (vm, at, id);
CREATE INDEX points_by_run ON points (run);
CREATE TABLE keys (
  key text COLLATE "C" PRIMARY KEY, run text COLLATE "C" NOT NULL, request text NOT NULL, at bigint NOT NULL
);

-- The tokens, by the hashes of their secrets.
CREATE TABLE tokens (name text COLLATE "C" PRIMARY KEY, hash text COLLATE "C" NOT NULL UNIQUE, json text NOT NULL);

-- The escrow.
CREATE TABLE accounts (
  vm text COLLATE "C" NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  checked_out boolean NOT NULL,
  json text NOT NULL,
  PRIMARY KEY (vm, "user")
);
CREATE INDEX accounts_out ON accounts (vm, "user") WHERE checked_out;
CREATE TABLE sealed (
  vm text COLLATE "C" NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (vm, "user", generation)
);
CREATE TABLE fingerprints (
  fingerprint text COLLATE "C" NOT NULL,
  vm text COLLATE "C" NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  PRIMARY KEY (fingerprint, vm, "user")
);

-- Copies of the nodes' own audit logs. A node whose log was lost, or is an older copy, begins another chain.
CREATE TABLE audit_mirror (
  chain text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  node text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  entry text NOT NULL,
  PRIMARY KEY (chain, number)
);
CREATE INDEX audit_mirror_by_node ON audit_mirror (node, chain, number);
