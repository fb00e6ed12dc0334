using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>The sign-in of the pages, whose key is in a cookie that a browser sends by itself.</summary>
public sealed class SessionTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_browser_signs_in_with_a_key_and_out_again(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        using var browser = new HttpClient(new HttpClientHandler()) { BaseAddress = shared.Anybody.BaseAddress };
        var before = await browser.JsonAsync("/api/v1/session");
        Assert.Equal((true, false, false),
            (before.GetProperty("key_needed").GetBoolean(), before.TryGetProperty("owner", out _),
                before.GetProperty("admin").GetBoolean()));
        Assert.Equal(401, await browser.StatusOfAsync(HttpMethod.Post, "/api/v1/session", new { key = "wrong" }));

        using var signedIn = await browser.PostAsJsonAsync("/api/v1/session", new { key = $" {SharedProxy.AdminKey} " });
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(SharedProxy.AdminKey, await signedIn.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var session = await browser.JsonAsync("/api/v1/session");
        Assert.Equal(("root", true), (session.GetProperty("owner").GetString(), session.GetProperty("admin").GetBoolean()));
        Assert.Equal(200, await browser.StatusOfAsync(HttpMethod.Get, "/api/v1/prompts"));

        Assert.Equal(204, await browser.StatusOfAsync(HttpMethod.Delete, "/api/v1/session"));
        Assert.Equal(401, await browser.StatusOfAsync(HttpMethod.Get, "/api/v1/prompts"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task With_the_cookie_only_this_servers_own_pages_change_anything(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        Assert.Equal(403, await SubmitAsync());
        Assert.Equal(403, await SubmitAsync(("Sec-Fetch-Site", "same-site")));
        Assert.Equal(403, await SubmitAsync(("Origin", "http://localhost:3000")));
        Assert.Equal(202, await SubmitAsync(("Sec-Fetch-Site", "same-origin")));
        Assert.Equal(202, await SubmitAsync(("Origin", shared.Anybody.BaseAddress!.GetLeftPart(UriPartial.Authority))));
        Assert.Equal(202, await SubmitAsync(("X-API-Key", SharedProxy.AliceKey)));
        Assert.Equal(2 + 1, (await shared.Alice.JsonAsync("/api/v1/prompts")).GetProperty("total").GetInt32());

        async Task<int> SubmitAsync(params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt")
            {
                Content = JsonContent.Create(new { prompt = "hi" }),
            };
            request.Headers.Add("Cookie", $"ollama_proxy_key={SharedProxy.AliceKey}");
            foreach (var (name, value) in headers)
                request.Headers.Add(name, value);
            using var response = await shared.Anybody.SendAsync(request);
            return (int)response.StatusCode;
        }
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Where_no_key_is_needed_everybody_is_let_in_and_there_is_nothing_to_sign_in_to(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var session = await proxy.GetAsync("/api/v1/session");
        Assert.Equal((false, true), (session.GetProperty("key_needed").GetBoolean(), session.GetProperty("admin").GetBoolean()));
        Assert.Equal(409, await proxy.Client.StatusOfAsync(HttpMethod.Post, "/api/v1/session", new { key = "any" }));
    }
}
