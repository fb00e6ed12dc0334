using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;

namespace OllamaProxy.Access;

/// <summary>
/// The API keys of the settings and of the file, which is read again when it changes. While what is in the file is bad, the keys before
/// it are good.
/// </summary>
public sealed class ApiKeys : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeys> _logger;
    private (DateTime WrittenAt, long Length) _seen;
    private volatile ApiKeyRing _current;

    /// <summary>Reads the keys.</summary>
    /// <exception cref="FormatException">The file has become bad since the settings were read.</exception>
    public ApiKeys(OllamaProxyOptions options, TimeProvider time, ILogger<ApiKeys> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _seen = Look();
        _current = Read();
    }

    /// <summary>Whether only callers with a key are let in.</summary>
    public bool AreNeeded => _options.NeedsApiKey;

    /// <summary>The keys that are good now.</summary>
    public ApiKeyRing Current => _current;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.ApiKeysFile is not { } path)
            return;
        using var timer = new PeriodicTimer(LookInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (Look() is var seen && seen == _seen)
                continue;
            _seen = seen;
            try
            {
                _current = Read();
                _logger.ApiKeysRead(path);
            }
            catch (FormatException exception)
            {
                _logger.ApiKeysBad(exception.Message);
            }
        }
    }

    /// <summary>By what a change is known. A file that is away has the time and length of none.</summary>
    private (DateTime WrittenAt, long Length) Look() =>
        _options.ApiKeysFile is { } path && new FileInfo(path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;

    private ApiKeyRing Read() =>
        new([.. _options.ApiKeys, .. _options.ApiKeysFile is { } path ? ApiKeysSetting.ReadFile(path) : []]);
}
