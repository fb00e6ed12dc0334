using System.Net.Sockets;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Console;
using OllamaProxy.Api;
using OllamaProxy.Configuration;

namespace OllamaProxy.Server;

/// <summary>The host on Kestrel.</summary>
public static class ServerApplication
{
    /// <summary>The address that it listens on by default.</summary>
    public const string DefaultUrls = "http://0.0.0.0:8000";

    /// <summary>The version of the program.</summary>
    public static string Version => typeof(ServerApplication).Assembly.GetName().Version!.ToString(3);

    /// <summary>The defaults of .NET's settings.</summary>
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        [UrlsSetting] = DefaultUrls,
        ["Logging:Console:FormatterOptions:SingleLine"] = "true",
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        // The host logs what it throws, with a stack trace; Program reports it already.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
    };

    private const string UrlsSetting = "urls";

    /// <summary>ISO 8601 with the offset, since logs are read elsewhere and later.</summary>
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz";

    /// <summary>Builds the server and opens its store, without starting it.</summary>
    /// <inheritdoc cref="CreateBuilder"/>
    public static WebApplication Create(string[] args, Uri? simulator = null)
    {
        var app = CreateBuilder(args, simulator).Build();
        app.MapOllamaProxy();
        if (simulator is not null)
            Log.Simulating(app.Logger, simulator);
        return app;
    }

    /// <summary>Puts the server together. Nothing is opened until it is built and used.</summary>
    /// <param name="args">The command line: <c>--urls</c>, or any setting as <c>--OLLAMA_MODEL tiny</c>.</param>
    /// <param name="simulator">The address of the Simulator that takes the place of Ollama; null: <c>OLLAMA_URL</c> applies.</param>
    /// <exception cref="InvalidSettingException">A setting is bad.</exception>
    public static WebApplicationBuilder CreateBuilder(string[] args, Uri? simulator = null)
    {
        // Settings are read once, so that reloading them is useless; and the file watcher would see every write to a database in the
        // working directory.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        if (simulator is not null)
            UseSimulator(builder.Configuration, simulator);
        AddConsole(builder);
        // Under systemd, and only there: tells it when the server is ready and when it stops (Type=notify).
        builder.Services.AddSystemd();
        AddOllamaProxy(builder);
        builder.WebHost.ConfigureKestrel(kestrel => ConnectionLimits.Apply(kestrel.Limits));
        builder.Services.AddHostedService<DrainTimer>();
        builder.Services.AddHostedService<PurgeTimer>();
        return builder;
    }

    /// <summary>Runs the server until it is stopped.</summary>
    /// <exception cref="InvalidSettingException">An address cannot be listened on, for example because its port is taken.</exception>
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
        WarnIfOpenToAll(app);
        await app.WaitForShutdownAsync();
    }

    private static void WarnIfOpenToAll(WebApplication app)
    {
        if (!app.Services.GetRequiredService<OllamaProxyOptions>().NeedsApiKey
            && app.Urls.FirstOrDefault(ListenAddresses.IsBeyondThisMachine) is { } address)
            Log.OpenToAll(app.Logger, address);
    }

    /// <summary>Registers the application, and reports all bad settings at once, those of this host and those of Core.</summary>
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

    /// <summary>The addresses to listen on. With an empty setting Kestrel would choose its own.</summary>
    internal static string UrlsOf(IConfiguration configuration) =>
        configuration[UrlsSetting]?.Trim() is { Length: > 0 } urls ? urls : configuration[UrlsSetting] = DefaultUrls;

    /// <summary>Adds the console logger. The slim builder fixes its format, so the settings of it are applied again.</summary>
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
        // Simulated prompts get a database of their own, so that real prompts get no simulated answers.
        if (string.IsNullOrEmpty(configuration["OLLAMA_PROXY_DB"]))
            configuration["OLLAMA_PROXY_DB"] = "data/simulated.db";
    }
}
