using System.Globalization;
using OllamaProxy.Benchmarks.Abuse;
using OllamaProxy.Benchmarks.Chaos;
using OllamaProxy.Benchmarks.Peers;
using OllamaProxy.Benchmarks.Rows;
using OllamaProxy.Benchmarks.Soak;

namespace OllamaProxy.Benchmarks;

/// <summary>What the benchmark was started with.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Measures Ollama Proxy, and compares the figures with their targets.

          --row NAME      only this row, or those whose names begin so; may be given several times
          --abuse         instead of all rows, what becomes of memory and of other clients while hundreds read long texts slowly, upload
                          long ones and watch; about two minutes
          --chaos         instead of all rows, whether anything is lost or doubled while five servers on one PostgreSQL are killed and
                          cut off, and PostgreSQL is restarted
          --soak          instead of all rows, whether memory and open files of a server under steady load stay as they are, and its log
                          without errors
          --peers         instead of all rows, what other proxies cost on the same load: YARP, and nginx and HAProxy if they are installed
          --peer NAME=COMMAND
                          with --peers, one more, which a shell starts; the command names {port}, and {ollama} for host:port of Ollama;
                          {folder} is an empty folder
          --minutes N     how long either goes on (10; with --soak 60)
          --seed N        decides what happens when; the seed of a run is printed
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

    /// <summary>Whether to look for what chaos loses and doubles, and for nothing else.</summary>
    public bool Chaos { get; init; }

    /// <summary>Whether to keep the server under load for long, and to measure nothing else.</summary>
    public bool Soak { get; init; }

    /// <summary>Whether to compare other proxies with this one, and to measure nothing else.</summary>
    public bool Peers { get; init; }

    /// <summary>Those that were named.</summary>
    public IReadOnlyList<Peer> NamedPeers { get; init; } = [];

    /// <summary>For how long.</summary>
    public TimeSpan? Length { get; init; }

    /// <summary>What is random about it.</summary>
    public int Seed { get; init; } = Random.Shared.Next(1_000_000);

    /// <summary>What to measure.</summary>
    public IReadOnlyList<IMeasurement> Measurements =>
        Chaos ? [new ChaosRows(new(Length ?? (Smoke ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(10)), Seed))]
        : Soak ? [new SoakRows(new(Length ?? (Smoke ? TimeSpan.FromSeconds(5) : TimeSpan.FromHours(1))))]
        : Peers ? [new PeerRows(null), .. KnownPeers.All.Concat(NamedPeers).Select(peer => new PeerRows(peer))]
        : Abuse ? [new AbuseRows(Smoke ? AbuseScale.Smoke : AbuseScale.Full)]
        : AllRows.Of(Smoke);

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
                "--chaos" => line with { Chaos = true },
                "--soak" => line with { Soak = true },
                "--peers" => line with { Peers = true },
                "--peer" => line with { Peers = true, NamedPeers = [.. line.NamedPeers, Peer.Parse(Value())] },
                "--minutes" => line with { Length = TimeSpan.FromMinutes(Number(Value(), 60)) },
                "--seed" => line with { Seed = (int)Number(Value(), 1_000_000) },
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

    private static double Number(string value, double most) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0 && number <= most
            ? number
            : throw new ArgumentException($"'{value}' is no number from 0 to {most}.");

    private static string ExistingFile(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new ArgumentException($"There is no server {path}.");
}
