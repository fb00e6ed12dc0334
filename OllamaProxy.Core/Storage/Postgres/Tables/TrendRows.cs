using System.Text;
using Npgsql;
using OllamaProxy.Statistics;
using OllamaProxy.Storage.Postgres.Engine;
using OllamaProxy.Storage.Trends;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The table <c>trends</c>.</summary>
internal static class TrendRows
{
    public static NpgsqlBatchCommand Write(Guid process, IReadOnlyList<TrendRow> rows) => Call("write_trends",
        Of(process),
        Of((int[])[.. rows.Select(row => (int)row.Key.Step.TotalSeconds)]),
        Of((long[])[.. rows.Select(row => row.Key.At.ToUnixTimeSeconds())]),
        Of((byte[]?[])[.. rows.Select(row => Encoding.UTF8.GetBytes(row.Key.Model))]),
        Of((byte[]?[])[.. rows.Select(row => Encoding.UTF8.GetBytes(row.Key.Backend))]),
        Words([.. rows.Select(row => TrendJson.Write(row.Figures))]));

    /// <summary>Removes what is too old.</summary>
    public static NpgsqlBatchCommand Forget(DateTimeOffset now) => Call("forget_trends",
        Of((int[])[.. TrendSpan.All.Select(span => (int)span.Step.TotalSeconds)]),
        Of((long[])[.. TrendSpan.All.Select(span => span.FirstStep(now).ToUnixTimeSeconds())]));

    public static async Task<IReadOnlyList<TrendRow>> ReadAsync(
        PostgresReaders readers, TrendSpan span, DateTimeOffset since, CancellationToken cancellationToken) => await readers.ListAsync(
        Statement(
            $"SELECT at, model, backend, figures FROM {ProxySchema}.trends WHERE step = $1 AND at >= $2",
            Of((int)span.Step.TotalSeconds), Of(since.ToUnixTimeSeconds())),
        row => new TrendRow(new(span.Step, DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(0)), row.Utf8(1), row.Utf8(2)),
            TrendJson.Read(row.GetString(3))), cancellationToken);
}
