import NIOHTTP1

/// The page for people: one document with its own script and style, and a policy that lets a browser load
/// nothing else. It holds no facts; its script reads them, and sends the token where one is needed.
enum LivePage {
    /// The document, in the parts between its nonces.
    private static let parts: [String] = {
        let page = String(decoding: PackageResources.page_html, as: UTF8.self)
        let script = [PackageResources.page_js, PackageResources.views_js]
            .map { String(decoding: $0, as: UTF8.self) }.joined()
        return page.replacing("@SCRIPT@", with: script)
            .replacing("@STYLE@", with: String(decoding: PackageResources.page_css, as: UTF8.self))
            .split(separator: "@NONCE@", omittingEmptySubsequences: false).map(String.init)
    }()

    /// The answer to a request for the page.
    static func response() -> AdminResponse {
        let nonce = nonce()
        var response = AdminResponse(
            status: .ok, type: "text/html; charset=utf-8",
            body: parts.joined(separator: nonce))
        response.policy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return response
    }

    /// Another one for each answer, so that text that got into the page could not run.
    private static func nonce() -> String {
        (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
    }
}
