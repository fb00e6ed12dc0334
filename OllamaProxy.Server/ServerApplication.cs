using System.Net.Sockets;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Console;
using OllamaProxy.Api;
using OllamaProxy.Configuration;

namespace OllamaProxy.Server;

/// <summary>Ollama Proxy on Kestrel.</summary>
public static class ServerApplication
{
    /// <summary>Where it listens unless it is told otherwise.</summary>
    public const string DefaultUrls = "http://0.0.0.0:8000";

    /// <summary>The program's version.</summary>
    public static string Version => typeof(ServerApplication).Assembly.GetName().Version!.ToString(3);

    /// <summary>What holds unless the environment or the command line says otherwise.</summary>
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        [UrlsSetting] = DefaultUrls,
        ["Logging:Console:FormatterOptions:SingleLine"] = "true",
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        // It logs, with a stack trace, what it throws as well.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
    };

    private const string UrlsSetting = "urls";

    /// <summary>ISO 8601 with the offset, since logs are read elsewhere and later.</summary>
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz";

    /// <summary>Puts the server together; it has yet to be started.</summary>
    /// <param name="args">The command line: <c>--urls</c>, or any setting as <c>--OLLAMA_MODEL tiny</c>.</param>
    /// <param name="simulator">The address of the Simulator to use as Ollama; null: what <c>OLLAMA_URL</c> says.</param>
    /// <exception cref="InvalidSettingException">A setting is bad.</exception>
    public static WebApplication Create(string[] args, Uri? simulator = null)
    {
        // Nothing reads a changed setting, and the watch would see every write to a database in the working directory.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        if (simulator is not null)
            UseSimulator(builder.Configuration, simulator);
        AddConsole(builder);
        AddOllamaProxy(builder);
        builder.Services.AddHostedService<DrainTimer>();
        builder.Services.AddHostedService<PurgeTimer>();

        var app = builder.Build();
        app.MapOllamaProxy();
        if (simulator is not null)
            Log.Simulating(app.Logger, simulator);
        return app;
    }

    /// <summary>Runs the server until it is told to stop.</summary>
    /// <exception cref="InvalidSettingException">It cannot listen on an address, for a reason that only the system knows.</exception>
    public static async Task RunAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new InvalidSettingException([$"The server cannot listen on {app.Configuration[UrlsSetting]}: {exception.Message}"]);
        }
        await app.WaitForShutdownAsync();
    }

    /// <summary>Names all bad settings at once, this host's and the application's.</summary>
    private static void AddOllamaProxy(WebApplicationBuilder builder)
    {
        var settings = builder.Configuration;
        List<string> mistakes = [.. ListenAddresses.MistakesOf(UrlsOf(settings)), .. LogSettings.MistakesOf(settings)];
        try
        {
            builder.AddOllamaProxy();
        }
        catch (InvalidSettingException exception)
        {
            mistakes.AddRange(exception.Mistakes);
        }
        if (mistakes.Count > 0)
            throw new InvalidSettingException(mistakes);
    }

    /// <summary>An empty setting would have Kestrel listen where it likes.</summary>
    private static string UrlsOf(ConfigurationManager configuration) =>
        configuration[UrlsSetting]?.Trim() is { Length: > 0 } urls ? urls : configuration[UrlsSetting] = DefaultUrls;

    /// <summary>What the settings say of the console holds; the slim builder has set one format for good.</summary>
    private static void AddConsole(WebApplicationBuilder builder)
    {
        builder.Logging.AddConsole();
        builder.Services.PostConfigure<ConsoleLoggerOptions>(console =>
            console.FormatterName = builder.Configuration["Logging:Console:FormatterName"] ?? ConsoleFormatterNames.Simple);
        builder.Services.PostConfigure<SimpleConsoleFormatterOptions>(format => format.TimestampFormat ??= TimestampFormat + " ");
        builder.Services.PostConfigure<ConsoleFormatterOptions>(format => format.TimestampFormat ??= TimestampFormat + " ");
        builder.Services.PostConfigure<JsonConsoleFormatterOptions>(format => format.TimestampFormat ??= TimestampFormat);
    }

    private static void UseSimulator(ConfigurationManager configuration, Uri simulator)
    {
        configuration["OLLAMA_URL"] = simulator.ToString();
        // Real prompts must not get simulated answers, and the real list none of their rows.
        if (string.IsNullOrEmpty(configuration["OLLAMA_PROXY_DB"]))
            configuration["OLLAMA_PROXY_DB"] = "data/simulated.db";
    }
}
