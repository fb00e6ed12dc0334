using OllamaProxy.Benchmarks.Abuse;
using OllamaProxy.Benchmarks.Rows;

namespace OllamaProxy.Benchmarks;

/// <summary>What the benchmark was started with.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Measures Ollama Proxy, and compares the figures with their targets.

          --row NAME      only this row, or those whose names begin so; may be given several times
          --abuse         instead of all rows, what becomes of memory and of other clients while hundreds read long texts slowly, upload
                          long ones and watch; about two minutes
          --list          lists the rows
          --out DIR       where the reports go, and what is needed meanwhile (artifacts/benchmarks)
          --server PATH   the server to measure, in place of the one that was built with the benchmark
          --smoke         measures so little that the figures mean nothing, and judges none
          --help          this text

        The exit code is 1 where a row fails, and 2 for a bad argument.
        """;

    /// <summary>The beginnings of the names of the rows to measure; empty: all.</summary>
    public IReadOnlyList<string> Rows { get; init; } = [];

    /// <summary>Where the reports go.</summary>
    public string OutFolder { get; init; } = Path.Combine(Checkout.Folder, "artifacts", "benchmarks");

    /// <summary>The server's executable; null: the one beside the benchmark.</summary>
    public string? Server { get; init; }

    public bool Smoke { get; init; }

    /// <summary>Whether to measure the server under abuse, and nothing else.</summary>
    public bool Abuse { get; init; }

    /// <summary>What to measure.</summary>
    public IReadOnlyList<IMeasurement> Measurements =>
        Abuse ? [new AbuseRows(Smoke ? AbuseScale.Smoke : AbuseScale.Full)] : AllRows.Of(Smoke);

    public bool List { get; init; }

    public bool Help { get; init; }

    /// <summary>How much is measured.</summary>
    public Effort Effort => Smoke ? Effort.Smoke : Effort.Full;

    /// <summary>Reads the arguments; null, with a line that says why, where one is bad.</summary>
    public static CommandLine? TryParse(IReadOnlyList<string> args, out string? error)
    {
        try
        {
            error = null;
            return Parse(args);
        }
        catch (ArgumentException exception)
        {
            error = exception.Message;
            return null;
        }
    }

    private static CommandLine Parse(IReadOnlyList<string> args)
    {
        var line = new CommandLine();
        for (var i = 0; i < args.Count; i++)
        {
            line = args[i] switch
            {
                "--smoke" => line with { Smoke = true },
                "--abuse" => line with { Abuse = true },
                "--list" => line with { List = true },
                "--help" or "-h" => line with { Help = true },
                "--row" => line with { Rows = [.. line.Rows, KnownRow(Value())] },
                "--out" => line with { OutFolder = Path.GetFullPath(Value()) },
                "--server" => line with { Server = ExistingFile(Value()) },
                _ => throw new ArgumentException($"'{args[i]}' is not an option; --help lists them."),
            };

            string Value() => ++i < args.Count ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
        }
        return line;
    }

    private static string KnownRow(string name) =>
        AllRows.Of(smoke: false).SelectMany(measurement => measurement.Rows).Any(row => row.Name.StartsWith(name, StringComparison.Ordinal))
            ? name
            : throw new ArgumentException($"There is no row '{name}'; --list lists them.");

    private static string ExistingFile(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new ArgumentException($"There is no server {path}.");
}
