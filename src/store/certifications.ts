/** Real-name certifications, found by the blind index of their certifyId. */
import type { Certification, CertificationStatus } from '../model.ts';
import type { Vault, VaultError } from '../security/vault.ts';
import type { Db, Transaction } from './engine/engine.ts';
import { identityRow } from './identities.ts';
import { certificationColumns } from './rows.ts';
import { certifyIdIndex, openOrError, readCertification, sealCertifyId } from './sealed.ts';

export const addCertification = async (
  db: Transaction,
  vault: Vault,
  { certifyId, appId, channelId, identityId }: Omit<Certification, 'status' | 'startedAt' | 'checkedAt'>,
): Promise<boolean> => {
  if (identityId !== null && !(await identityRow(db, identityId))) return false;
  await db.all(
    `INSERT INTO certifications (certify_id_index, certify_id_sealed, app_id, channel_id, identity_id, status, started_at)
     VALUES ($1, $2, $3, $4, $5, 'STARTED', now_ms()) ON CONFLICT DO NOTHING`,
    [certifyIdIndex(vault, certifyId), sealCertifyId(vault, certifyId), appId, channelId, identityId],
  );
  return true;
};

export const updateCertification = async (
  db: Transaction,
  vault: Vault,
  certifyId: string,
  status: CertificationStatus,
): Promise<Certification | undefined> => {
  await db.all(
    `UPDATE certifications SET status = $2, checked_at = now_ms() WHERE certify_id_index = $1 AND status <> 'PASSED'`,
    [certifyIdIndex(vault, certifyId), status],
  );
  return findCertification(db, vault, certifyId);
};

export const findCertification = async (
  db: Db,
  vault: Vault,
  certifyId: string,
): Promise<Certification | undefined> => {
  const row = await certificationColumns.first(
    db,
    `SELECT ${certificationColumns.list} FROM certifications WHERE certify_id_index = $1`,
    [certifyIdIndex(vault, certifyId)],
  );
  return row && readCertification(vault, row);
};

/** The most telling certification of each identity: a passed one, else the latest. */
export const findCertificationsOf = async (
  db: Db,
  vault: Vault,
  identityIds: readonly string[],
): Promise<(Certification | VaultError | undefined)[]> => {
  const rows = await certificationColumns.all(
    db,
    `SELECT ${certificationColumns.list} FROM certifications WHERE identity_id in_texts($1)
     ORDER BY CASE status WHEN 'PASSED' THEN 1 ELSE 0 END, started_at`,
    [identityIds],
  );
  const last = new Map(rows.map((row) => [row.identity_id, row]));
  return identityIds.map((id) => {
    const row = last.get(id);
    return row && openOrError(() => readCertification(vault, row));
  });
};
