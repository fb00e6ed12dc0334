using System.Net;
using System.Net.Sockets;

namespace OllamaProxy.Server.Doctor;

/// <summary>Whether the server can listen where it is set to, or does so already.</summary>
internal static class PortCheck
{
    private const string WhatToDo = "set --urls or ASPNETCORE_URLS to another address";

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A finding for each address; none for those that are no ports.</summary>
    /// <param name="urls">The addresses, which are well-formed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> RunAsync(string urls, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        foreach (var url in urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (BindingAddress.Parse(url) is { IsUnixPipe: false, IsNamedPipe: false } address)
                findings.Add(await LookAsync(url, address, cancellationToken));
        return findings;
    }

    private static async Task<Finding> LookAsync(string url, BindingAddress address, CancellationToken cancellationToken)
    {
        var endpoint = new IPEndPoint(AddressOf(address.Host), address.Port);
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            return Finding.Good(endpoint.Port == 0 ? $"{url} stands for any port that is free at the start." : $"{url} is free.");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return await AnswersAsync(endpoint, cancellationToken)
                ? Finding.Good($"{url} is taken by a program that answers /healthz, as an Ollama Proxy that runs does.")
                : Finding.Wrong($"{url} is taken by another program, which is no Ollama Proxy. End that one, or {WhatToDo}.");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
        {
            return Finding.Wrong($"{url} cannot be listened on: the user '{Environment.UserName}' may not use that port. Take one above "
                + $"1023: {WhatToDo}.");
        }
        catch (SocketException exception)
        {
            return Finding.Wrong($"{url} cannot be listened on: {exception.Message.TrimEnd('.')}. Does this machine have that address? "
                + $"Otherwise {WhatToDo}.");
        }
    }

    /// <summary>The address that Kestrel listens on; names other than localhost stand for all of the machine's.</summary>
    private static IPAddress AddressOf(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : IPAddress.Any;

    private static async Task<bool> AnswersAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var reachable = endpoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : endpoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : endpoint.Address;
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = AnswerTimeout };
        try
        {
            using var answer = await client.GetAsync($"http://{new IPEndPoint(reachable, endpoint.Port)}/healthz", cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
