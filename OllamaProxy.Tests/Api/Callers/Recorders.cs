using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>
/// All that a log says, at every level: the lines, the values in them, the scopes around them, and exceptions with their traces.
/// </summary>
internal sealed class EverythingLogged : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _parts = new();

    public string Text => string.Join('\n', _parts);

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        Add(state);
        return null;
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?,
        string> formatter)
    {
        _parts.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
        Add(state);
    }

    public void Dispose()
    {
    }

    private void Add(object? state) => _parts.Enqueue(
        state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join('\n', values) : $"{state}");
}

/// <summary>All measurements of this process, with their tags.</summary>
internal sealed class EveryMeasurement : IDisposable
{
    private readonly ConcurrentDictionary<string, byte> _seen = new();
    private readonly MeterListener _listener = new()
    {
        InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument),
    };

    public EveryMeasurement()
    {
        Listen<long>();
        Listen<int>();
        Listen<double>();
        _listener.Start();
    }

    public string Text => string.Join('\n', _seen.Keys);

    public void Dispose() => _listener.Dispose();

    private void Listen<T>() where T : struct => _listener.SetMeasurementEventCallback<T>((instrument, _, tags, _) =>
        _seen.TryAdd($"{instrument.Meter.Name} {instrument.Name} {string.Join(' ', tags.ToArray())}", 0));
}

/// <summary>All that comes back to a client: heads and bodies, but for the cookie that it asked for.</summary>
internal sealed class AnswerRecorder() : DelegatingHandler(new SocketsHttpHandler { UseCookies = false })
{
    private readonly ConcurrentQueue<string> _answers = new();

    public string Text => string.Join('\n', _answers);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var headers = response.Headers.Concat(response.Content.Headers).Where(header => header.Key != "Set-Cookie")
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
        _answers.Enqueue($"{string.Join('\n', headers)}\n{await response.Content.ReadAsStringAsync(cancellationToken)}");
        return response;
    }
}
