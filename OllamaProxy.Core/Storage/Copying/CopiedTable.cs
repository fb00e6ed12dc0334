namespace OllamaProxy.Storage.Copying;

/// <summary>A table as it is copied: the rows of one store as those of the other, whatever columns either keeps them in.</summary>
/// <param name="Name">Its name, in both stores.</param>
/// <param name="Order">The columns that its rows are read by, after <paramref name="Key"/>. Their order is the same in both.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Key">The column with the number of what a row belongs to: a prompt, a file or a batch.</param>
internal sealed record CopiedTable(string Name, string Order, IReadOnlyList<CopiedColumn> Columns, string Key = "seq")
{
    /// <summary>The prompts, with what they say and what came of them.</summary>
    public static readonly CopiedTable Prompts = new("prompts", "seq",
    [
        Number("seq"), Uuid("id"), Word("status"), Time("created_at"), Time("updated_at"),
        TimeOrNull("started_at"), TimeOrNull("completed_at"),
        Text("model"), Text("endpoint"), Integer("priority"), Number("rank"), Number("available_at"), Integer("attempts"),
        Integer("max_attempts"), Real("timeout"), Number("expires_at"), Text("owner"), Text("account"), Uuid("batch"),
        Bytes("fingerprint"), Text("error"),
        Text("prompt"), Number("prompt_checksum"), Text("request"), Number("request_checksum"), Text("metadata"),
        Text("result"), Number("result_checksum"), Text("thinking"), Number("thinking_checksum"), Text("done_reason"),
        Number("total_duration"), Number("load_duration"), Number("prompt_eval_count"), Number("prompt_eval_duration"),
        Number("eval_count"), Number("eval_duration"), Word("callback_url"), Word("callback_events"),
    ]);

    public static readonly CopiedTable Calls = new("calls", "seq",
        [Number("seq"), Text("endpoint"), Text("query"), Text("headers"), Bytes("body"), Number("checksum")]);

    public static readonly CopiedTable Texts = new("texts", "id", [Number("seq"), Number("id"), Word("kind"), Number("length")]);

    public static readonly CopiedTable Parts = new("parts", "text, number",
        [Number("text"), Integer("number"), Bytes("bytes"), Number("checksum")]);

    public static readonly CopiedTable Files = new("files", "seq",
    [
        Number("seq"), Uuid("id"), Text("owner"), Word("purpose"), Text("name"), Number("bytes"), Bytes("sha256"), Number("created_at"),
        Number("expires_at"), Uuid("batch"),
    ]);

    /// <summary>What is in files.</summary>
    public static readonly CopiedTable FileTexts = new("texts", "id", [Number("file"), Number("id"), Number("length")], "file");

    public static readonly CopiedTable FileParts = new("parts", "text, number", Parts.Columns, "file");

    public static readonly CopiedTable Batches = new("batches", "seq",
    [
        Number("seq"), Uuid("id"), Text("owner"), Text("account"), Word("api"), Word("endpoint"), Word("status"), Word("outcome"),
        Uuid("input_file"), Uuid("output_file"), Uuid("error_file"), Number("created_at"), Number("expires_at"), Number("in_progress_at"),
        Number("finalizing_at"), Number("cancelling_at"), Number("ended_at"), Number("output_lifetime"), Number("total"),
        Number("completed"), Number("failed"), Number("cancelled"), Number("expired"), Number("input_tokens"), Number("output_tokens"),
        Number("fed_bytes"), Number("fed_lines"), Text("model"), Text("metadata"), Text("errors"),
        Word("callback_url"), Word("callback_events"),
    ]);

    /// <summary>
    /// All tables of prompts, in an order in which they can be written. Leases are not copied, since nobody works on a store that is; a
    /// prompt that was running when its process died is taken back by the first sweep, there as here.
    /// </summary>
    public static readonly IReadOnlyList<CopiedTable> All =
    [
        Prompts,
        Calls,
        new("responses", "seq", [Number("seq"), Integer("status"), Text("headers"), Bytes("body"), Number("checksum")]),
        new("attempts", "id",
        [
            Number("seq"), Number("id"), Integer("number"), Text("backend"), Time("started_at"), TimeOrNull("ended_at"), Text("error"),
        ]),
        new("chunks", "text_end, thinking_end",
            [Number("seq"), Integer("text_end"), Integer("thinking_end"), Text("text"), Text("thinking")]),
        new("connections", "seq", [Number("seq"), Uuid("worker"), Number("expires_at")]),
        new("load_options", "seq", [Number("seq"), Word("options")]),
        new("truncations", "seq", [Number("seq"), Number("tokens")]),
        new("traces", "seq", [Number("seq"), Word("traceparent")]),
        new("idempotency_keys", "owner, key", [Number("seq"), Text("owner"), Text("key"), Number("expires_at")]),
        DeliveriesBy("seq"),
        Texts,
        Parts,
    ];

    /// <summary>The tables of batches. Whether a line has ended is known from its prompt.</summary>
    public static readonly IReadOnlyList<CopiedTable> OfBatches =
    [
        Batches,
        new("batch_lines", "line", [Number("batch"), Number("line"), Number("seq"), Text("custom_id")], "batch"),
        DeliveriesBy("batch"),
    ];

    /// <summary>Where a column is in a row.</summary>
    public int IndexOf(string column) => Columns.Index().First(each => each.Item.Name == column).Index;

    private static CopiedTable DeliveriesBy(string key) => new("deliveries", "event",
    [
        Number(key), Word("event"), Uuid("subject"), Word("type"), Word("url"), Number("created_at"), Number("due_at"), Integer("attempts"),
        Number("delivered_at"), Word("error"),
    ], key);

    private static CopiedColumn Number(string name) => new(name, ColumnKind.Number);

    private static CopiedColumn Integer(string name) => new(name, ColumnKind.Integer);

    private static CopiedColumn Real(string name) => new(name, ColumnKind.Real);

    private static CopiedColumn Uuid(string name) => new(name, ColumnKind.Uuid);

    private static CopiedColumn Time(string name) => new(name, ColumnKind.Time);

    private static CopiedColumn TimeOrNull(string name) => new(name, ColumnKind.TimeOrNull);

    private static CopiedColumn Word(string name) => new(name, ColumnKind.Word);

    private static CopiedColumn Text(string name) => new(name, ColumnKind.Text);

    private static CopiedColumn Bytes(string name) => new(name, ColumnKind.Bytes);
}

/// <summary>A column of a <see cref="CopiedTable"/>.</summary>
internal readonly record struct CopiedColumn(string Name, ColumnKind Kind);

/// <summary>What a column holds, and as what .NET type it is copied.</summary>
internal enum ColumnKind
{
    /// <summary>A whole number of 64 bits: <see cref="long"/>.</summary>
    Number,

    /// <summary>A whole number of 32 bits: <see cref="int"/>.</summary>
    Integer,

    /// <summary>A <see cref="double"/>.</summary>
    Real,

    /// <summary>A <see cref="Guid"/>.</summary>
    Uuid,

    /// <summary>A time in microseconds: <see cref="DateTimeOffset"/>, in UTC.</summary>
    Time,

    /// <summary>As <see cref="Time"/>, where there may be none.</summary>
    TimeOrNull,

    /// <summary>A word of this program's own: <see cref="string"/>.</summary>
    Word,

    /// <summary>Anybody's text, in UTF-8: a <see cref="ReadOnlyMemory{T}"/> of bytes, as it is stored.</summary>
    Text,

    /// <summary>A body: a <see cref="ReadOnlyMemory{T}"/> of bytes.</summary>
    Bytes,
}
