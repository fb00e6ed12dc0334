using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;

namespace OllamaProxy.Hosting;

/// <summary>Logs a warning at the start for each misspelt setting, which would have no effect.</summary>
internal sealed class SettingWarnings(IConfiguration configuration, ILogger<SettingWarnings> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in configuration.GetChildren().Select(setting => setting.Key))
            if (KnownSettings.WarningOf(name) is { } warning)
                logger.SettingUnknown(warning);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
