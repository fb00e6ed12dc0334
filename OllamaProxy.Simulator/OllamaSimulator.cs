using System.Net;
using System.Net.Sockets;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator;

/// <summary>
/// A server on loopback that speaks Ollama's HTTP API, and those of OpenAI and Anthropic as Ollama does, and has no model: every
/// answer says so (see <see cref="Simulation"/>). Nothing of it reads the environment or logs, so many can run in one process.
/// </summary>
public sealed class OllamaSimulator : IAsyncDisposable
{
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

    /// <summary>Where it listens, or listened before <see cref="RefuseAsync"/>, with the real port.</summary>
    public Uri BaseAddress => new($"http://{_endPoint}/");

    /// <summary>What goes wrong next.</summary>
    public FaultQueue Faults { get; } = new();

    /// <summary>What was asked for so far.</summary>
    public RequestLog Requests { get; }

    /// <summary>The full name of the model of each load that began, in order: as many loads as there are names.</summary>
    public IReadOnlyList<string> Loads => _routes.Loaded.Loads;

    /// <summary>Starts a simulator; it answers when the task completes.</summary>
    /// <param name="options">What it serves; the defaults if null.</param>
    /// <param name="url">An http address on loopback; port 0 takes a free one.</param>
    /// <param name="ct">Gives up starting.</param>
    /// <exception cref="ArgumentException"><paramref name="url"/> is no http address on loopback.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No model may be loaded.</exception>
    /// <exception cref="IOException">It cannot listen there; mostly because the port is taken.</exception>
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
    /// Stops listening, as if Ollama were killed: running generations are cut, and new connections are refused.
    /// The port stays reserved. Does nothing while refusing.
    /// </summary>
    public async Task RefuseAsync(CancellationToken ct = default)
    {
        if (_app is null) return;
        await StopAsync(ct);

        // A socket that is bound but does not listen refuses connections, and nobody else can be given its port.
        _reservation = new Socket(_endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _reservation.Bind(_endPoint);
    }

    /// <summary>Listens again, on the same port. Does nothing while listening.</summary>
    public async Task AcceptAsync(CancellationToken ct = default)
    {
        if (_app is not null) return;
        _reservation?.Dispose();
        var app = SimulatorHost.Build(_endPoint);
        _routes.Map(app);
        try
        {
            await app.StartAsync(ct);
        }
        catch (SocketException exception)
        {
            // Kestrel makes an IOException only of a port that is taken.
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

    /// <summary>Has a model from now on, as if it had been pulled.</summary>
    public void AddModel(string name) => _routes.Models.Add(name);

    /// <summary>Has a model no more; false if there was none of that name.</summary>
    /// <remarks>As with Ollama, a model that is loaded stays in memory, and in <c>/api/ps</c>, until it expires.</remarks>
    public bool RemoveModel(string name) => _routes.Models.Remove(name);

    /// <summary>Stops at once: running generations are cut.</summary>
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
