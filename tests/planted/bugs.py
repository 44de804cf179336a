"""Bugs that somebody might write, one at a time, and the tests that are there to catch each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Bug:
    name: str
    file: str
    good: str
    """Stands in the file once."""
    bad: str
    tests: tuple[str, ...]
    """What pytest is given: files, as narrow as a person would run them."""


BUGS: Final = (
    Bug(
        "a statement forgets the tenant",
        "domain/conversions/queries.py",
        "WHERE account_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE",
        "WHERE $1::uuid IS NOT NULL AND id = ANY($2) ORDER BY id FOR UPDATE",
        ("tests/house/test_distributable.py",),
    ),
    Bug(
        "walls that the owner of a table walks through",
        "db/migrations/0001_installation.sql",
        "    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);\n",
        "",
        ("tests/house/test_catalog.py",),
    ),
    Bug(
        "settled a day late",
        "domain/conversions/queries.py",
        'settles_on <= $3""",\n        account_id, store_id, local_day, now,',
        'settles_on < $3""",\n        account_id, store_id, local_day, now,',
        (
            "tests/domain/conversions/test_actions.py::test_a_sale_settles_thirty_days_on_and_not_a_second_sooner",
        ),
    ),
    Bug(
        "a float in the money",
        "domain/conversions/rules.py",
        "return commission_minor(sales.sales_minor, rate_bp)",
        "return round(sales.sales_minor * (rate_bp / 10_000))",
        ("tests/domain/conversions/test_rules.py",),
    ),
    Bug(
        "a report is compared with what another level knows",
        "domain/reports/queries.py",
        "WHERE account_id = $1 AND level = $2 AND subject_id = ANY($3)\n"
        "              AND day BETWEEN $4 AND $5 AND observed_at <= $6",
        "WHERE account_id = $1 AND $2::text IS NOT NULL AND subject_id = ANY($3)\n"
        "              AND day BETWEEN $4 AND $5 AND observed_at <= $6",
        ("tests/domain/reports/test_actions.py",),
    ),
    Bug(
        "a day is the server's, not the store's",
        "domain/clock.py",
        "return now.astimezone(ZoneInfo(time_zone)).date()",
        "return now.date()",
        (
            "tests/domain/conversions/test_actions.py::test_a_sale_settles_thirty_days_on_and_not_a_second_sooner",
        ),
    ),
    Bug(
        "an implausible report is believed",
        "domain/reports/actions.py",
        "        check_plausible(known, spoken_of, reader.sales_minor)\n",
        "",
        ("tests/domain/reports/test_doubts.py",),
    ),
    Bug(
        "whoever lost the lease finishes all the same",
        "domain/duties/queries.py",
        '"DELETE FROM duty WHERE id = $1 AND lease_token = $2 AND attempts > 0"',
        '"DELETE FROM duty WHERE id = $1 AND $2::uuid IS NOT NULL AND attempts > 0"',
        ("tests/domain/duties/test_actions.py",),
    ),
    Bug(
        "a deploy uses up an attempt",
        "domain/duties/queries.py",
        "attempts = GREATEST(attempts - 1, 0)",
        "attempts = GREATEST(attempts, 0)",
        ("tests/domain/duties/test_actions.py",),
    ),
    Bug(
        "every secret is sealed with one nonce",
        "domain/sealing.py",
        "nonce = os.urandom(_NONCE_BYTES)",
        "nonce = bytes(_NONCE_BYTES)",
        ("tests/domain/test_sealing.py",),
    ),
    Bug(
        "a sealed secret opens in another row",
        "domain/sealing.py",
        "str(place.account_id), str(place.row_id)]",
        "str(place.account_id)]",
        ("tests/domain/test_sealing.py",),
    ),
    Bug(
        "a new access token is used before it is kept",
        "workers/tokens.py",
        "return tokens.access_token if kept else None",
        "return tokens.access_token",
        ("tests/workers/test_tokens.py::test_who_lost_its_lease_while_it_asked_uses_what_is_kept",),
    ),
    Bug(
        "one key, another request: done again",
        "domain/idempotency/actions.py",
        '    if row["request_hash"] != request_hash:\n        raise IdempotencyKeyReused(key)\n',
        "",
        ("tests/domain/idempotency/test_actions.py",),
    ),
    Bug(
        "an entry of the audit holds on to nothing",
        "domain/audit/rules.py",
        "return sha256(before + said.encode()).digest()",
        "return sha256(said.encode()).digest()",
        ("tests/domain/audit/test_rules.py",),
    ),
    Bug(
        "a password stands in the audit",
        "domain/audit/rules.py",
        'frozenset({"password", "newpassword", "currentpassword", "token", "code"})',
        'frozenset({"newpassword", "currentpassword", "token", "code"})',
        ("tests/domain/audit/test_rules.py",),
    ),
    Bug(
        "a viewer may do what a manager may",
        "schema/acting.py",
        "if seat.room is Room.ACCOUNT and self.needs not in seat.scopes:",
        "if seat.room is Room.ACCOUNT and not seat.scopes:",
        ("tests/schema/test_acting.py::test_a_role_may_do_what_its_scopes_say",),
    ),
    Bug(
        "a signature leaves the time out",
        "domain/webhooks/signing.py",
        'signed = f"{id}.{moment}.".encode() + body',
        'signed = f"{id}.".encode() + body',
        ("tests/domain/webhooks/test_signing.py",),
    ),
    Bug(
        "a webhook has its delivery's id instead of its event's",
        "workers/delivering.py",
        "delivery.event_id, delivery.event_type, body, _WALL.now()",
        "delivery.id, delivery.event_type, body, _WALL.now()",
        ("tests/workers/test_delivering.py::test_a_delivery_arrives_signed_and_is_recorded",),
    ),
    Bug(
        "a cloud's own metadata may be asked for",
        "domain/webhooks/addresses.py",
        '"127.0.0.0/8", "169.254.0.0/16",',
        '"127.0.0.0/8",',
        ("tests/domain/webhooks/test_addresses.py",),
    ),
    Bug(
        "only the first of a name's addresses is looked at",
        "workers/sending/addresses.py",
        "if not all(is_public(address) for address in found):",
        "if not is_public(found[0]):",
        ("tests/workers/sending/test_sender.py::test_one_bad_address_refuses_all",),
    ),
    Bug(
        "a receiver that leads elsewhere has taken it",
        "domain/webhooks/rules.py",
        "200 <= self.status < 300",
        "200 <= self.status < 400",
        ("tests/workers/sending/test_sender.py::test_only_2xx_is_success_and_nothing_is_followed",),
    ),
    Bug(
        "some try again before their time",
        "domain/webhooks/schedule.py",
        "return now + wait * (1 + JITTER * chance)",
        "return now + wait * (1 + JITTER * (chance - 0.5))",
        ("tests/domain/webhooks/test_schedule.py",),
    ),
    Bug(
        "whoever wants nothing any more is sent to again",
        "domain/webhooks/health.py",
        "    if result is Result.GONE:\n        return replace(failed, disabled=Why.GONE)\n",
        "",
        ("tests/domain/webhooks/test_health.py",),
    ),
    Bug(
        "the first delivery that is given up disables its endpoint",
        "domain/webhooks/health.py",
        "if result is Result.LAST_FAILURE and now - since >= PATIENCE:",
        "if result is Result.LAST_FAILURE:",
        ("tests/domain/webhooks/test_health.py",),
    ),
    Bug(
        "an old secret signs for ever",
        "domain/webhooks/delivery_queries.py",
        "AND (expires_at IS NULL OR expires_at > $3)",
        "AND (expires_at IS NULL OR $3::timestamptz IS NOT NULL)",
        (
            "tests/workers/test_delivering.py::test_for_a_day_after_a_rotation_either_secret_verifies",
        ),
    ),
    Bug(
        "what happens is relayed to accounts alone",
        "domain/webhooks/delivery_queries.py",
        "(w.account_id = e.account_id AND e.to_account\n"
        "                       OR w.account_id = ANY(e.affiliate_ids))",
        "(w.account_id = e.account_id AND e.to_account)",
        (
            "tests/workers/test_delivering.py::test_an_event_goes_once_to_each_endpoint_that_listens",
        ),
    ),
    Bug(
        "what happens while an endpoint is disabled is lost",
        "domain/webhooks/delivery_queries.py",
        "AND e.type = ANY(w.event_types) AND w.deleted_at IS NULL",
        "AND e.type = ANY(w.event_types) AND w.deleted_at IS NULL AND w.status = 'ENABLED'",
        (
            "tests/workers/test_delivering.py::test_an_event_goes_once_to_each_endpoint_that_listens",
        ),
    ),
    Bug(
        "who was stopped goes on sending what is another's",
        "workers/delivering.py",
        "if not await run.send(line, batch, asked + batch.lease_left_s):",
        "if not await run.send(line, batch, asked + _TURN_S + batch.lease_left_s):",
        (
            "tests/workers/test_delivering.py::test_who_was_stopped_for_longer_than_the_lease_sends_nothing",
        ),
    ),
    Bug(
        "events are numbered by account",
        "domain/events/queries.py",
        "SELECT $1, new.entity, new.many\n",
        "SELECT $1, new.entity, new.many + (SELECT COALESCE(max(s.last), 0)\n"
        "                    FROM event_sequence s WHERE s.account_id = $1)\n",
        ("tests/domain/events/test_recording.py",),
    ),
    Bug(
        "what has not changed is told",
        "domain/events/news.py",
        '        if payloads.partnership(row) != before[row["id"]]\n',
        "",
        ("tests/domain/events/test_recording.py::test_what_changes_nothing_tells_nothing",),
    ),
    Bug(
        "affiliates hear of what the account listens to as well",
        "domain/events/rules.py",
        "return bool(self.account or self.affiliates)",
        "return bool(self.account)",
        (
            "tests/domain/events/test_recording.py::test_whoever_listens_to_it_and_is_concerned_is_told",
        ),
    ),
    Bug(
        "shoppers go on without their click when no disk takes it",
        "domain/clicks/counting.py",
        "                failure = error\n",
        "",
        (
            "tests/api/test_redirect_keeps_going.py::test_a_click_that_no_disk_takes_either_is_refused_and_not_counted",
        ),
    ),
    Bug(
        "clicks that waited have other ids",
        "domain/clicks/spool.py",
        'return Visit(UUID(said["id"]), said["code"], at, True)',
        'return Visit(uuid4(), said["code"], at, True)',
        (
            "tests/api/test_redirect_keeps_going.py::test_a_click_whose_commit_nobody_heard_of_is_counted_once",
        ),
    ),
    Bug(
        "half a line stays in the file of clicks",
        "domain/clicks/spool.py",
        "os.ftruncate(file.fileno(), whole)",
        "file.seek(whole)",
        (
            "tests/api/test_redirect_keeps_going.py::test_a_disk_that_gets_full_takes_whole_clicks_or_none",
        ),
    ),
    Bug(
        "a file is loaded while it is written",
        "domain/clicks/spool.py",
        "yield file if _locked(file) else None",
        "yield file",
        (
            "tests/api/test_redirect_keeps_going.py::test_a_process_leaves_the_file_of_another_that_lives_alone",
        ),
    ),
    Bug(
        "whoever lost the lease believes that a beat has extended it",
        "workers/leases.py",
        "        if not still_ours:\n            lease.lose()\n            return\n",
        "",
        ("tests/workers/test_lanes.py::test_who_lost_its_lease_is_stopped_by_its_next_beat",),
    ),
    Bug(
        "one kind of duty takes the slots of all",
        "workers/lanes.py",
        "queries.claim_due(tx, now, free, lane.kinds, self._lease)",
        "queries.claim_due(tx, now, free, lease=self._lease)",
        ("tests/workers/test_lanes.py::test_slow_reports_hold_up_nothing_else",),
    ),
    Bug(
        "a slot is planned by everybody who looks",
        "domain/duties/slots.py",
        "for name in taken for promise in wanted[name].promises()",
        "for name in wanted for promise in wanted[name].promises()",
        ("tests/workers/test_planning.py",),
    ),
    Bug(
        "a planner that was interrupted believes that it has planned",
        "workers/sweeping.py",
        "            async with db.system() as tx:\n"
        "                await promise_new(tx, some, now)\n"
        "            # Committed: what is forgotten before would never be promised by this"
        " process.\n"
        "            self._taken |= {one.name: one.slot for one in some}\n",
        "            self._taken |= {one.name: one.slot for one in some}\n"
        "            async with db.system() as tx:\n"
        "                await promise_new(tx, some, now)\n",
        (
            "tests/workers/test_planning.py::test_a_planner_that_fails_half_way_plans_the_rest_next_time",
        ),
    ),
    Bug(
        "a step that fails ends the worker's sweeps",
        "workers/sweeping.py",
        "        except Exception as error:\n            metrics.SWEEP_FAILURES",
        "        except OSError as error:\n            metrics.SWEEP_FAILURES",
        ("tests/workers/test_sweeping.py",),
    ),
    Bug(
        "a duty that a person tries again has no attempts left",
        "domain/duties/queries.py",
        "SET attempts = 0, dead_at = NULL, run_at = LEAST(run_at, $3)",
        "SET dead_at = NULL, run_at = LEAST(run_at, $3)",
        ("tests/domain/duties/test_actions.py",),
    ),
    Bug(
        "what is promised while it is done is lost",
        "domain/duties/queries.py",
        '"DELETE FROM duty WHERE id = $1 AND lease_token = $2 AND attempts > 0"',
        '"DELETE FROM duty WHERE id = $1 AND lease_token = $2"',
        ("tests/domain/duties/test_actions.py",),
    ),
    Bug(
        "the erased are still named by what happened outside of accounts",
        "domain/erasure/actions.py",
        '        changes = without(row["changes"], words, theirs=theirs)\n',
        '        changes = row["changes"]\n',
        ("tests/domain/erasure/test_erasing.py::test_no_word_is_left_and_no_sum_has_moved",),
    ),
    Bug(
        "sealing anew takes an older token back",
        "domain/secrets/queries.py",
        "WHERE account_id = $1 AND id = $2 AND sealed_refresh_token = $3",
        "WHERE account_id = $1 AND id = $2 AND $3::text IS NOT NULL",
        ("tests/domain/secrets/test_resealing.py::test_what_was_written_since_it_was_read_stays",),
    ),
    Bug(
        "anybody reads production's metrics where there is no token",
        "api/metrics.py",
        "self._hidden = config.production and not config.metrics_token",
        "self._hidden = False",
        ("tests/api/test_metrics.py::test_production_tells_nothing_without_a_token",),
    ),
    Bug(
        "a webhook's secret stands in a log",
        "scrubbing.py",
        "(?:clk|whsec)_[A-Za-z0-9_+/=-]{6,}",
        "(?:clk)_[A-Za-z0-9_+/=-]{6,}",
        ("tests/test_logs.py",),
    ),
    Bug(
        "a release takes traffic before its migrations",
        "api/health.py",
        "if late := await behind(db):",
        "if (late := await behind(db)) and not late:",
        ("tests/api/test_health.py::test_a_schema_that_is_older_than_the_release_gets_no_traffic",),
    ),
    Bug(
        "a link that is committed late is never learnt",
        "domain/clicks/known.py",
        "_LATEST_MS = 60_000",
        "_LATEST_MS = 0",
        ("tests/domain/clicks/test_actions.py",),
    ),
    Bug(
        "a kept connection goes where its name leads no more",
        "workers/sending/sender.py",
        "if connection.idle and connection.address in checked:",
        "if connection.idle:",
        (
            "tests/workers/sending/test_sender.py::"
            "test_a_kept_connection_is_used_while_the_name_leads_to_its_address",
        ),
    ),
    Bug(
        "what is asked for again while it is sent is not sent again",
        "domain/webhooks/delivery_queries.py",
        "AND (d.next_attempt_at = r.due OR d.status = 'HELD')",
        "AND r.due IS NOT NULL",
        (
            "tests/workers/test_delivering.py::"
            "test_one_that_is_asked_for_again_while_it_is_sent_is_sent_again",
        ),
    ),
)
