using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Texts;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>Calls of the functions <c>claim</c>, <c>renew</c>, <c>append</c> and <c>settle</c>.</summary>
internal static class PromptClaims
{
    private const int SettledTooLate = 2;

    private const string ClaimAndLook =
        $"""
        SELECT claimed.*, EXISTS (SELECT 1 FROM {ProxySchema}.connections WHERE seq = $2)
        FROM {ProxySchema}.claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS claimed
        """;

    public static NpgsqlBatchCommand Claim(long seq, ClaimTerms terms, Lease lease, DateTimeOffset now) => Statement(ClaimAndLook,
        Of(now), Of(seq), Of(lease.Token), Of((now + terms.LeaseLength).ToUnixTimeMilliseconds()), Utf8(terms.Backend),
            Of(terms.Concurrency),
        Of(terms.TakesSlot), Of(terms.PredecessorLease?.Seq), Of(terms.PredecessorLease?.Token), Of(terms.Worker));

    public static ClaimedPrompt Read(NpgsqlDataReader row, Lease lease, LongTextReader reader, DateTimeOffset now)
    {
        var texts = row.IsDBNull(15) ? null : reader.Of(
            row.GetFieldValue<long[]>(15).Zip(row.GetFieldValue<string[]>(16), row.GetFieldValue<long[]>(17)).Select(text =>
                (text.Second, text.First, text.Third)));
        var (prompt, request) = (row.Bytes(7), row.Bytes(9));
        var damage = DamageOf(prompt, row.Int64OrNull(8), "text") ?? DamageOf(request, row.Int64OrNull(10), "text");
        var body = row.BytesOrNull(13);
        if (body is not null && DamageOf(body, row.Int64OrNull(14), "call") is { } damaged)
            (damage, body) = (damaged, null);
        return new(row.GetGuid(0), lease, row.GetInt32(1), row.Utf8(7), request)
        {
            StartedAt = StoredTime.ToMicroseconds(now),
            Model = row.Utf8(2),
            MaxAttempts = row.Int32OrNull(3),
            Timeout = row.RealOrNull(4) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            LastError = row.TextOrNull(5),
            Damage = damage,
            Call = body is null ? null : new(row.Utf8(6), row.Utf8(11), HeaderList.Parse(row.Utf8(12)), body)
            {
                LongBody = texts?.GetValueOrDefault(LongTextFormat.Call),
            },
            IsAwaited = row.GetBoolean(18),
            LongText = texts?.GetValueOrDefault(LongTextFormat.Prompt),
            LongRequest = texts?.GetValueOrDefault(LongTextFormat.Request),
        };
    }

    public static NpgsqlBatchCommand Renew(Lease lease, DateTimeOffset expiresAt) =>
        Call("renew", Of(lease.Seq), Of(lease.Token), Of(expiresAt.ToUnixTimeMilliseconds()));

    public static NpgsqlBatchCommand Append(Lease lease, TextChunk chunk, DateTimeOffset expiresAt) => Call("append",
        Of(lease.Seq), Of(lease.Token), Of(expiresAt.ToUnixTimeMilliseconds()), Of(chunk.End.Text), Of(chunk.End.Thinking),
            Utf8(chunk.Text),
        Utf8(chunk.Thinking));

    /// <summary>Reads the state of a lease, without a lock on its prompt.</summary>
    public static NpgsqlBatchCommand FindState(Lease lease) => Statement(
        $"""
        SELECT CASE status WHEN 'processing' THEN 0 WHEN 'cancelled' THEN 1 ELSE 2 END
        FROM {ProxySchema}.leases LEFT JOIN {ProxySchema}.prompts USING (seq) WHERE seq = $1 AND token = $2
        """,
        Of(lease.Seq), Of(lease.Token));

    public static NpgsqlBatchCommand Settle(
        Lease lease, Settlement settlement, IReadOnlyList<StagedText> staged, DateTimeOffset? availableAt, DateTimeOffset now)
    {
        var (how, error) = settlement switch
        {
            Settlement.Complete => ("completed", null),
            Settlement.Fail fail => ("failed", fail.Error),
            Settlement.Requeue requeue => ("requeued", requeue.Error),
            Settlement.Release => ("released", null),
            _ => ("stopped", default(string)),
        };
        var result = settlement.Result;
        var (text, thinking) = (BytesOf(LongTextFormat.ColumnOf(result?.Text)), BytesOf(LongTextFormat.ColumnOf(result?.Thinking)));
        var response = result?.Response;
        var body = LongTextFormat.ColumnOf(response?.Body ?? default);
        return Call("settle",
            Of(now), Of(lease.Seq), Of(lease.Token), Word(how), Utf8(error), Of(availableAt?.ToUnixTimeMilliseconds()),
            Of(settlement is not Settlement.Requeue { Counts: false }), Utf8(StoreMessages.Cancelled),
            Of(result is { HasText: true }), Bytes(text), Of(text is null ? null : Checksum.Of(text)),
            Bytes(thinking), Of(thinking is null ? null : Checksum.Of(thinking)), Utf8(result?.Statistics.DoneReason),
            Of(result?.Statistics.TotalDuration), Of(result?.Statistics.LoadDuration), Of(result?.Statistics.PromptEvalCount),
            Of(result?.Statistics.PromptEvalDuration), Of(result?.Statistics.EvalCount), Of(result?.Statistics.EvalDuration),
            Of(response?.Status), Utf8(response?.Headers.ToJson()), Of(body), Of(Checksum.Of(body.Span)),
            Of((long[])[.. staged.Select(each => each.Id)]), Words([.. staged.Select(each => each.Kind)]));
    }

    /// <summary>Reads whether an attempt was settled: its lease was held.</summary>
    /// <exception cref="StoreException">A staged text was removed before it could be adopted.</exception>
    public static bool ReadSettled(NpgsqlDataReader row) =>
        row.GetInt32(0) is var settled && settled != SettledTooLate ? settled == 1 : throw StoreMessages.TooLate();

    public static LeaseState ReadState(NpgsqlDataReader row) => (LeaseState)row.GetInt32(0);

    private static string? DamageOf(byte[] bytes, long? checksum, string what) =>
        checksum is not null && Checksum.Of(bytes) != checksum ? Checksum.Mismatch(what).Message : null;
}
