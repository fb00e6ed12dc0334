using Npgsql;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Engine;
using static OllamaProxy.Storage.Postgres.Engine.PostgresStatements;
using static OllamaProxy.Storage.Postgres.Engine.PostgresValues;

namespace OllamaProxy.Storage.Postgres.Tables;

/// <summary>The table <c>pauses</c>.</summary>
internal static class PauseRow
{
    public const string List = $"SELECT scope, name, since FROM {ProxySchema}.pauses ORDER BY scope, name";

    public static NpgsqlBatchCommand Add(PauseScope scope, string name, DateTimeOffset since) =>
        Call("pause", Of(since), Word(scope.Name()), Utf8(name));

    public static QueuePause Read(NpgsqlDataReader row) => new(PauseScopeNames.Parse(row.GetString(0)), row.Utf8(1), row.Time(2));
}
