using Microsoft.Extensions.Configuration.Memory;
using OllamaProxy.Api;

namespace OllamaProxy.Server;

/// <summary>Ollama Proxy on Kestrel.</summary>
public static class ServerApplication
{
    /// <summary>What holds unless the environment or the command line says otherwise.</summary>
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["urls"] = "http://0.0.0.0:8000",
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        // It logs, with a stack trace, what it throws as well.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
    };

    /// <summary>Puts the server together; it has yet to be started.</summary>
    /// <param name="args">The command line: <c>--urls</c>, or any setting as <c>--OLLAMA_MODEL tiny</c>.</param>
    /// <param name="simulator">The address of the Simulator to use as Ollama; null: what <c>OLLAMA_URL</c> says.</param>
    /// <exception cref="Settings.InvalidSettingException">A setting is bad.</exception>
    public static WebApplication Create(string[] args, Uri? simulator = null)
    {
        // Nothing reads a changed setting, and the watch would see every write to a database in the working directory.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        if (simulator is not null)
            UseSimulator(builder.Configuration, simulator);
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "));
        builder.AddOllamaProxy();
        builder.Services.AddHostedService<DrainTimer>();
        builder.Services.AddHostedService<PurgeTimer>();

        var app = builder.Build();
        app.MapOllamaProxy();
        if (simulator is not null)
            Log.Simulating(app.Logger, simulator);
        return app;
    }

    private static void UseSimulator(ConfigurationManager configuration, Uri simulator)
    {
        configuration["OLLAMA_URL"] = simulator.ToString();
        // Real prompts must not get simulated answers, and the real list none of their rows.
        if (string.IsNullOrEmpty(configuration["OLLAMA_PROXY_DB"]))
            configuration["OLLAMA_PROXY_DB"] = "data/simulated.db";
    }
}
