using System.Net;
using System.Net.Sockets;
using OllamaProxy.Configuration.Webhooks;

namespace OllamaProxy.Webhooks;

/// <summary>
/// Connects webhooks, whose addresses come from clients, to hosts of the internet and to those that <c>OLLAMA_PROXY_WEBHOOK_ALLOW</c>
/// names, and to nothing else. A name is resolved once for each connection, and what is checked is the address that is connected to. So it
/// does not matter how the address is written, what else the name resolves to, or what it resolved to a moment ago.
/// </summary>
/// <param name="allowed">What may be called besides public addresses.</param>
/// <param name="resolve">Finds the addresses of a name.</param>
public sealed class AddressGuard(WebhookAllowList allowed, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>So long one address is tried before the next.</summary>
    private static readonly TimeSpan AddressTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A guard that asks the system's resolver.</summary>
    public AddressGuard(WebhookAllowList allowed) : this(allowed, Dns.GetHostAddressesAsync)
    {
    }

    /// <summary>Whether an address may be called.</summary>
    public bool Allows(IPAddress address, int port) =>
        PublicAddresses.Contain(address) || allowed.AllowsAddress(PublicAddresses.Unwrap(address), port);

    /// <summary>Whether it is known without asking anybody that a host may not be called.</summary>
    public bool Refuses(string host, int port) =>
        IPAddress.TryParse(host, out var address) && !allowed.AllowsName(host, port) && !Allows(address, port);

    /// <summary>Connects to a host, for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="AddressRefusedException">None of its addresses may be called.</exception>
    /// <exception cref="SocketException">It has no address, or none of them answers.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellationToken)
    {
        var found = IPAddress.TryParse(host.Host, out var literal) ? [literal] : await resolve(host.Host, cancellationToken);
        var isAllowed = allowed.AllowsName(host.Host, host.Port);
        var addresses = found.Where(address => isAllowed || Allows(address, host.Port)).ToList();
        if (found.Length > 0 && addresses.Count == 0)
            throw new AddressRefusedException(host.Host);
        var failure = new SocketException((int)SocketError.HostNotFound);
        foreach (var address in addresses)
        {
            try
            {
                return await ConnectAsync(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, host.Port, cancellationToken);
            }
            catch (SocketException exception)
            {
                failure = exception;
            }
        }
        throw failure;
    }

    private static async Task<Stream> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(AddressTimeout);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), timeout.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception exception)
        {
            socket.Dispose();
            throw exception is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new SocketException((int)SocketError.TimedOut) : exception;
        }
    }
}

/// <summary>A host may not be called. The message names no address: who chose the host need not learn what its name resolves to.</summary>
public sealed class AddressRefusedException(string host)
    : Exception($"The address of {host} is not public. OLLAMA_PROXY_WEBHOOK_ALLOW can allow it.");
