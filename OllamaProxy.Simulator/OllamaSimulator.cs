using System.Net;
using System.Net.Sockets;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator;

/// <summary>
/// A server on loopback that speaks Ollama's HTTP API, and those of OpenAI and Anthropic as Ollama does, without a model: every answer says
/// so (see <see cref="Simulation"/>). It neither reads the environment nor logs, so that many can run in one process.
/// </summary>
public sealed class OllamaSimulator : IAsyncDisposable
{
    private const int PortAttempts = 200;
    private static readonly TimeSpan PortRetryInterval = TimeSpan.FromMilliseconds(50);

    private readonly SimulatorRoutes _routes;
    private IPEndPoint _endPoint;
    private WebApplication? _app;
    private Socket? _reservation;

    private OllamaSimulator(SimulatorOptions options, IPEndPoint endPoint)
    {
        _endPoint = endPoint;
        Requests = new RequestLog(options);
        _routes = new SimulatorRoutes(options, Faults, Requests);
    }

    /// <summary>The address that it listens on, or listened on before <see cref="RefuseAsync"/>, with the actual port.</summary>
    public Uri BaseAddress => new($"http://{_endPoint}/");

    /// <summary>The faults of the next generations.</summary>
    public FaultQueue Faults { get; } = new();

    /// <summary>The requests so far.</summary>
    public RequestLog Requests { get; }

    /// <summary>The full names of the models that were loaded, one for each load that began, in order.</summary>
    public IReadOnlyList<string> Loads => _routes.Loaded.Loads;

    /// <summary>Starts a simulator. It accepts requests once the task has completed.</summary>
    /// <param name="options">The options; null: the defaults.</param>
    /// <param name="url">An http address on loopback; with port 0 the system chooses a port.</param>
    /// <param name="ct">Cancels the start.</param>
    /// <exception cref="ArgumentException"><paramref name="url"/> is not an http address on loopback.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="SimulatorOptions.MaxLoadedModels"/> is less than 1.</exception>
    /// <exception cref="IOException">The address cannot be listened on, mostly because the port is taken.</exception>
    public static async Task<OllamaSimulator> StartAsync(
        SimulatorOptions? options = null, string url = "http://127.0.0.1:0", CancellationToken ct = default)
    {
        if (!Loopback.TryParse(url, out var endPoint))
            throw new ArgumentException($"'{url}' is not an http address on loopback.", nameof(url));
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxLoadedModels, 1);
        var simulator = new OllamaSimulator(options, endPoint);
        await simulator.AcceptAsync(ct);
        return simulator;
    }

    /// <summary>
    /// Stops listening, as if Ollama had been killed: running generations are cut, and new connections are refused. The port stays
    /// reserved. Does nothing if it does not listen.
    /// </summary>
    public async Task RefuseAsync(CancellationToken ct = default)
    {
        if (_app is null) return;
        await StopAsync(ct);

        // A socket that is bound but does not listen refuses connections, and keeps others from taking the port.
        await WithPortAsync(() =>
        {
            _reservation?.Dispose();
            _reservation = new Socket(_endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _reservation.Bind(_endPoint);
            return Task.CompletedTask;
        }, ct);
    }

    /// <summary>Listens again on the same port. Does nothing if it listens.</summary>
    public async Task AcceptAsync(CancellationToken ct = default)
    {
        if (_app is not null) return;
        if (_reservation is null)
            await ListenAsync(ct);
        else
            await WithPortAsync(() =>
            {
                _reservation.Dispose();
                return ListenAsync(ct);
            }, ct);
    }

    /// <summary>
    /// Takes the port, which nobody holds for a moment: the system may have given it to a connection of somebody else, which will end.
    /// </summary>
    private static async Task WithPortAsync(Func<Task> takeAsync, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                await takeAsync();
                return;
            }
            catch (Exception exception) when (exception is SocketException or IOException && attempt < PortAttempts)
            {
                await Task.Delay(PortRetryInterval, ct);
            }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        var app = SimulatorHost.Build(_endPoint);
        _routes.Map(app);
        try
        {
            await app.StartAsync(ct);
        }
        catch (SocketException exception)
        {
            // Kestrel throws an IOException only for a port that is taken.
            await app.DisposeAsync();
            throw new IOException($"Failed to bind to address http://{_endPoint}: {exception.Message}", exception);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        _app = app;
        _endPoint = new IPEndPoint(_endPoint.Address, new Uri(app.Urls.Single()).Port);
    }

    /// <summary>Adds a model, as if it had been pulled.</summary>
    public void AddModel(string name) => _routes.Models.Add(name);

    /// <summary>Removes a model; false: there is none of this name.</summary>
    /// <remarks>As with Ollama, a model that is loaded stays in memory, and in <c>/api/ps</c>, until it expires.</remarks>
    public bool RemoveModel(string name) => _routes.Models.Remove(name);

    /// <summary>Stops at once. Running generations are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        _reservation?.Dispose();
        await StopAsync(CancellationToken.None);
    }

    private async Task StopAsync(CancellationToken ct)
    {
        if (_app is null) return;
        await _app.StopAsync(ct);
        await _app.DisposeAsync();
        _app = null;
    }
}
