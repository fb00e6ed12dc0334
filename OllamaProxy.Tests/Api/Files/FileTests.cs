using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Files;

/// <summary>OpenAI's files. The official clients are in <c>Clients</c>.</summary>
public abstract class FileTests(ProxyFixture fixture)
{
    private RunningProxy Proxy => fixture.Proxy;

    [Theory]
    [InlineData("batch", true)]
    [InlineData("assistants", false)]
    [InlineData("fine-tune", false)]
    [InlineData("user_data", false)]
    public async Task A_file_comes_back_as_it_was_uploaded_and_is_gone_once_it_is_deleted(string purpose, bool expires)
    {
        // Longer than the longest body elsewhere.
        var bytes = Enumerable.Range(0, 3 * ProxyFixture.MaxBodyBytes).Select(number => (byte)(number * 7)).ToArray();
        var file = await UploadAsync(bytes, "größe.jsonl", ("purpose", purpose));

        var id = file.GetProperty("id").GetString()!;
        Assert.StartsWith("file-", id, StringComparison.Ordinal);
        Assert.Equal(("file", bytes.Length, "größe.jsonl", purpose, "processed"),
            (Text(file, "object"), file.GetProperty("bytes").GetInt32(), Text(file, "filename"), Text(file, "purpose"),
                Text(file, "status")));
        Assert.Equal(expires, file.TryGetProperty("expires_at", out _));
        Assert.Equal(file.GetRawText(), (await Proxy.GetAsync($"/v1/files/{id}")).GetRawText());

        using var content = await Proxy.Client.GetAsync($"/v1/files/{id}/content");
        Assert.Equal(bytes, await content.Content.ReadAsByteArrayAsync());
        Assert.Equal((bytes.Length, "application/octet-stream"),
            (content.Content.Headers.ContentLength, content.Content.Headers.ContentType!.MediaType));
        Assert.Equal("größe.jsonl", content.Content.Headers.ContentDisposition!.FileNameStar);

        using var deleted = await Proxy.Client.DeleteAsync($"/v1/files/{id}");
        var answer = await OkAsync(deleted);
        Assert.Equal((id, true, "file"), (Text(answer, "id"), answer.GetProperty("deleted").GetBoolean(), Text(answer, "object")));
        foreach (var path in new[] { $"/v1/files/{id}", $"/v1/files/{id}/content", $"/v1/files?after={id}" })
            await AssertRefusedAsync(await Proxy.Client.GetAsync(path), HttpStatusCode.NotFound, $"There is no file with the id '{id}'.");
    }

    [Fact]
    public async Task The_fields_may_come_behind_the_file_and_say_when_it_expires()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent([1, 2, 3]), "file", "a.bin" },
            { new StringContent("vision"), "purpose" },
            { new StringContent("created_at"), "expires_after[anchor]" },
            { new StringContent("3600"), "expires_after[seconds]" },
            { new StringContent("whatever"), "something_new" },
        };
        var file = await OkAsync(await Proxy.Client.PostAsync("/v1/files", form));
        Assert.Equal(3600, file.GetProperty("expires_at").GetInt64() - file.GetProperty("created_at").GetInt64());
    }

    [Fact]
    public async Task Files_are_listed_page_by_page()
    {
        var ids = new List<string>();
        for (var number = 0; number < 5; number++)
            ids.Add(Text(await UploadAsync([1], $"{number}", ("purpose", "evals")), "id"));

        var page = await Proxy.GetAsync("/v1/files?purpose=evals&limit=2");
        Assert.Equal([ids[4], ids[3]], IdsOf(page));
        Assert.Equal((ids[4], ids[3], true), (Text(page, "first_id"), Text(page, "last_id"), page.GetProperty("has_more").GetBoolean()));
        page = await Proxy.GetAsync($"/v1/files?purpose=evals&limit=3&after={ids[3]}");
        Assert.Equal([ids[2], ids[1], ids[0]], IdsOf(page));
        Assert.False(page.GetProperty("has_more").GetBoolean());
        Assert.Equal(ids, IdsOf(await Proxy.GetAsync("/v1/files?purpose=evals&order=asc")));
        Assert.Equal("list", Text(await Proxy.GetAsync("/v1/files?purpose=none"), "object"));
    }

    [Theory]
    [InlineData("/v1/files?limit=0", "'limit' must be a whole number from 1 to 10000, but is '0'.")]
    [InlineData("/v1/files?limit=x", "'limit' must be a whole number from 1 to 10000, but is 'x'.")]
    [InlineData("/v1/files?order=up", "'order' must be 'asc' or 'desc', but is 'up'.")]
    public async Task A_bad_query_is_400(string path, string message) =>
        await AssertRefusedAsync(await Proxy.Client.GetAsync(path), HttpStatusCode.BadRequest, message);

    [Theory]
    [InlineData("purpose", "spying", "'purpose' must be one of assistants, batch, evals, fine-tune, user_data, vision, but is 'spying'.")]
    [InlineData("other", "", "'purpose' is missing.")]
    [InlineData("expires_after[seconds]", "60", "'expires_after[seconds]' must be a whole number from 3600 to 2592000, but is 60.")]
    [InlineData("expires_after[seconds]", "soon", "'expires_after[seconds]' must be a whole number from 3600 to 2592000, but is soon.")]
    [InlineData("expires_after[anchor]", "now", "'expires_after[anchor]' must be 'created_at', but is 'now'.")]
    public async Task A_bad_field_is_400_and_nothing_is_kept(string name, string value, string message)
    {
        (string, string)[] fields = name is "purpose" or "other" ? [(name, value)] : [("purpose", "batch"), (name, value)];
        using var form = FormOf([1], "bad.bin", fields);
        await AssertRefusedAsync(await Proxy.Client.PostAsync("/v1/files", form), HttpStatusCode.BadRequest, message);
        var files = await Proxy.GetAsync("/v1/files");
        Assert.DoesNotContain(files.GetProperty("data").EnumerateArray(), file => Text(file, "filename") == "bad.bin");
    }

    [Theory]
    [InlineData("application/json", "{}", "multipart/form-data, with the parts 'file' and 'purpose'.")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x--\r\n",
        "'file' is missing")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nno name\r\n--x--\r\n",
        "'file' is missing")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\ncut",
        "The form cannot be read")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\n\r\nwithout a name\r\n--x--\r\n", "Each part of the form needs")]
    [InlineData("multipart/form-data; boundary=x", "no form at all", "The form cannot be read")]
    [InlineData("multipart/form-data", "--x--\r\n", "multipart/form-data, with the parts 'file' and 'purpose'.")]
    public async Task What_is_no_upload_is_400(string type, string body, string message)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await Proxy.Client.PostAsync("/v1/files", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, await MessageAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_files_at_once_are_400()
    {
        using var form = FormOf([1], "one", ("purpose", "batch"));
        form.Add(new ByteArrayContent([2]), "file", "two");
        await AssertRefusedAsync(
            await Proxy.Client.PostAsync("/v1/files", form), HttpStatusCode.BadRequest, "There are two files; send them one by one.");
    }

    private async Task<JsonElement> UploadAsync(byte[] bytes, string name, params (string, string)[] fields)
    {
        using var form = FormOf(bytes, name, fields);
        return await OkAsync(await Proxy.Client.PostAsync("/v1/files", form));
    }

    internal static MultipartFormDataContent FormOf(byte[] bytes, string name, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var field in fields)
            form.Add(new StringContent(field.Value), field.Name);
        form.Add(new ByteArrayContent(bytes), "file", name);
        return form;
    }

    private static async Task<JsonElement> OkAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(response.IsSuccessStatusCode, answer.ToString());
            return answer;
        }
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage response, HttpStatusCode status, string message)
    {
        using (response)
            Assert.Equal((status, message), (response.StatusCode, await MessageAsync(response)));
    }

    private static async Task<string> MessageAsync(HttpResponseMessage response) =>
        Text((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "message");

    private static IEnumerable<string> IdsOf(JsonElement page) =>
        page.GetProperty("data").EnumerateArray().Select(file => Text(file, "id"));

    private static string Text(JsonElement value, string name) => value.GetProperty(name).GetString()!;
}

public sealed class FileServerTests(ServerFixture fixture) : FileTests(fixture), IClassFixture<ServerFixture>;

public sealed class FileFunctionsTests(FunctionsFixture fixture) : FileTests(fixture), IClassFixture<FunctionsFixture>;

/// <summary>Whose files they are, and how many bytes they may have.</summary>
public sealed class FileOwnerTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Nobody_but_an_admin_sees_the_files_of_others(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        using var form = FileTests.FormOf([1], "secret", ("purpose", "batch"));
        using var uploaded = await shared.Alice.PostAsync("/v1/files", form);
        var id = (await uploaded.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        foreach (var (client, listed) in new[] { (shared.Alice, 1), (shared.Bob, 0), (shared.Admin, 1) })
            Assert.Equal(listed, (await client.GetFromJsonAsync<JsonElement>("/v1/files")).GetProperty("data").GetArrayLength());
        foreach (var path in new[] { $"/v1/files/{id}", $"/v1/files/{id}/content" })
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(shared.Bob.GetAsync(path)));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(shared.Admin.GetAsync(path)));
        }
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(shared.Bob.DeleteAsync($"/v1/files/{id}")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(shared.Alice.DeleteAsync($"/v1/files/{id}")));
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Whoever_has_too_many_bytes_gets_413_until_they_delete_some(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host, null, ("OLLAMA_PROXY_MAX_FILE_BYTES_PER_OWNER", "1000"));
        var (first, id) = await UploadAsync(shared.Alice, 900);
        Assert.Equal(HttpStatusCode.OK, first);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await UploadAsync(shared.Alice, 101)).Status);
        Assert.Equal(HttpStatusCode.OK, (await UploadAsync(shared.Bob, 1000)).Status);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(shared.Alice.DeleteAsync($"/v1/files/{id}")));
        Assert.Equal(HttpStatusCode.OK, (await UploadAsync(shared.Alice, 101)).Status);
    }

    private static async Task<(HttpStatusCode Status, string? Id)> UploadAsync(HttpClient client, int length)
    {
        using var form = FileTests.FormOf(new byte[length], "some", ("purpose", "user_data"));
        using var response = await client.PostAsync("/v1/files", form);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return (response.StatusCode, answer.TryGetProperty("id", out var id) ? id.GetString() : null);
    }

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        return response.StatusCode;
    }
}
