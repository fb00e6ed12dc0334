using System.Globalization;

namespace OllamaProxy.Simulator;

/// <summary>The parsed command line.</summary>
internal sealed record CommandLine(string Url, SimulatorOptions Options, bool Help)
{
    public const string Usage = """
        A stand-in for Ollama that speaks its HTTP API and has no model, for tests and demos.

          --urls URL              where to listen, on loopback only (http://127.0.0.1:11434)
          --models A,B            the models it has (llama3.2,tiny)
          --unlisted-models A,B   models that it runs but does not list (none)
          --max-queue N           how many requests may wait for a model to be loaded; others get 503 (no limit)
          --load-time SECONDS     how long it takes to load a model (0)
          --context-length N      tokens of a prompt that a model takes; longer ones are cut (4096)
          --tokens-per-second N   how fast it answers; 0 is as fast as possible (20)
          --latency SECONDS       the silence before an answer (0.3)
          --help                  this text
        """;

    private static readonly CommandLine Default = new(
        "http://127.0.0.1:11434",
        new() { TokensPerSecond = 20, Latency = TimeSpan.FromSeconds(0.3), KeepRequests = false },
        Help: false);

    /// <summary>The line that is printed once the simulator has started.</summary>
    public string Announce(Uri address) =>
        $"Ollama Simulator (not a language model) on {address} with {string.Join(", ", Options.Models)}: {Speed}. Ctrl+C stops it.";

    private string Speed => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Options.TokensPerSecond > 0 ? Options.TokensPerSecond : "unlimited")} tokens/s after {Options.Latency.TotalSeconds} s");

    /// <exception cref="ArgumentException">An argument is bad; the message is a line that names it.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var line = Default;
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is "--help" or "-h") return Default with { Help = true };
            var name = args[i].Split('=')[0];
            var value = args[i].Length > name.Length ? args[i][(name.Length + 1)..] : args.ElementAtOrDefault(++i);
            line = line.With(name, value);
        }

        return line;
    }

    private CommandLine With(string name, string? value) => name switch
    {
        "--urls" => this with { Url = Known(name, value, Loopback.TryParse(value, out _)) },
        "--models" => this with { Options = Options with { Models = ReadModels(name, value) } },
        "--unlisted-models" => this with { Options = Options with { UnlistedModels = ReadModels(name, value) } },
        "--max-queue" => this with { Options = Options with { MaxQueue = (int)ReadNumber(name, value) } },
        "--load-time" => this with { Options = Options with { LoadTime = TimeSpan.FromSeconds(ReadNumber(name, value)) } },
        "--context-length" => this with { Options = Options with { ContextLength = Math.Max((int)ReadNumber(name, value), 4) } },
        "--tokens-per-second" => this with { Options = Options with { TokensPerSecond = ReadNumber(name, value) } },
        "--latency" => this with { Options = Options with { Latency = TimeSpan.FromSeconds(ReadNumber(name, value)) } },
        _ => throw new ArgumentException($"'{name}' is not an option; --help lists them."),
    };

    private static string[] ReadModels(string name, string? value)
    {
        var models = value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        Known(name, value, models.Length > 0);
        return models;
    }

    private static double ReadNumber(string name, string? value)
    {
        var isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        Known(name, value, isNumber && number is >= 0 and <= 1_000_000);
        return number;
    }

    private static string Known(string name, string? value, bool isGood) => value switch
    {
        null => throw new ArgumentException($"{name} needs a value."),
        _ when !isGood => throw new ArgumentException($"{name} cannot be '{value}'."),
        _ => value,
    };
}
