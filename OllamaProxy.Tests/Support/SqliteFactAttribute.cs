namespace OllamaProxy.Tests.Support;

/// <summary>A test that looks into the SQLite file, and is skipped where the tests keep their prompts in PostgreSQL.</summary>
public sealed class SqliteFactAttribute : FactAttribute
{
    public const string Reason = "It looks into the SQLite file.";

    public SqliteFactAttribute() => Skip = RunningProxy.IsOnPostgres ? Reason : null;
}

/// <summary>As <see cref="SqliteFactAttribute"/>, with data.</summary>
public sealed class SqliteTheoryAttribute : TheoryAttribute
{
    public SqliteTheoryAttribute() => Skip = RunningProxy.IsOnPostgres ? SqliteFactAttribute.Reason : null;
}
